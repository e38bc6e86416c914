import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeInventory } from '../../sandbox/inventory';
import type { MajorVersion } from '../../sandbox/parts';
import { createServer, openServer, type SandboxServer } from '../../sandbox/postgres-server';
import { SEED_HBA, SEED_SETTINGS } from '../../sandbox/seed/seed';
import { stopServers } from '../../sandbox/stop-servers';
import { startTemporal, type TemporalServer } from '../../sandbox/temporal-server';
import { temporaryRoot, type TemporaryRoot } from '../../sandbox/temporary-root';
import { startWorker, type WorkerProcess } from '../../sandbox/worker-process';
import { migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';

/** A whole pgpassage on this machine: Temporal, a PostgreSQL server, an inventory, and workers that can be killed. */
export class Stack {
  worker?: WorkerProcess;

  private constructor(
    readonly root: TemporaryRoot,
    readonly temporal: TemporalServer,
    readonly server: SandboxServer,
    readonly client: Client,
    readonly inventory: string,
  ) {}

  static async start(version: MajorVersion = 15): Promise<Stack> {
    const root = await temporaryRoot();
    const [temporal, server] = await Promise.all([
      startTemporal(),
      createServer({ version, root: root.path, settings: SEED_SETTINGS, hba: SEED_HBA }),
    ]);
    await server.start();
    const connection = await Connection.connect({ address: temporal.address });
    return new Stack(root, temporal, server, new Client({ connection }), await writeInventory(server, 'orders'));
  }

  /** Starts a worker as users do: a process of its own. */
  startWorker(): void {
    this.worker = startWorker(this.root.path, this.inventory, this.temporal.address);
  }

  async killWorker(): Promise<void> {
    await this.worker?.end('SIGKILL');
  }

  /** Ends the worker as an ordinary restart does. */
  async terminateWorker(): Promise<void> {
    await this.worker?.end('SIGTERM');
  }

  async migrate(input: Record<string, unknown>, type = 'stepMigration'): Promise<WorkflowHandle> {
    const options = {
      taskQueue: 'pgpassage',
      workflowId: migrationId('orders'),
      args: [{ cluster: 'orders', ...input }],
    };
    return this.client.workflow.start(type, options);
  }

  /** Polls the migration until it says so. Fails at once when the workflow has failed. */
  async until(
    handle: WorkflowHandle,
    condition: (progress: Progress) => boolean,
    timeoutMs = 120_000,
  ): Promise<Progress> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const progress = await handle.query<Progress>('progress').catch((error: Error) => {
        if (Date.now() > deadline) throw error; // no worker answers while none runs
        return undefined;
      });
      if (progress && condition(progress)) return progress;
      const { status } = await handle.describe();
      if (status.name === 'FAILED') await handle.result();
      if (Date.now() > deadline)
        throw new Error(`the migration did not get there; it says: ${progress?.status}\n${this.endOfLog()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The server of another version on the same cluster's directories, for looking at it. */
  serverOf(version: MajorVersion): SandboxServer {
    const dataDirectory = join(this.root.path, String(version), 'main');
    return openServer({ ...this.server, version, dataDirectory });
  }

  endOfLog(): string {
    return readFileSync(this.worker!.logFile, 'utf8').slice(-3000);
  }

  async stop(): Promise<void> {
    await this.killWorker();
    await stopServers(this.root.path);
    await this.client.connection.close();
    await this.temporal.stop();
    await this.root.remove();
  }
}
