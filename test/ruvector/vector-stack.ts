import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { writeInventory } from '../../sandbox/inventory';
import { projectRoot } from '../../sandbox/project-root';
import { startTemporal, type TemporalServer } from '../../sandbox/temporal-server';
import { migrationId } from '../../src/migration/identity';
import type { VectorProgress } from '../../src/migration/ruvector-progress';
import { DATABASE, type RuvectorLab } from './lab';

/** Temporal and workers that can be killed around a lab. */
export class VectorStack {
  private worker?: ChildProcess;

  private constructor(
    readonly lab: RuvectorLab,
    private readonly temporal: TemporalServer,
    private readonly client: Client,
    private readonly inventory: string,
  ) {}

  static async start(lab: RuvectorLab): Promise<VectorStack> {
    const temporal = await startTemporal();
    const connection = await Connection.connect({ address: temporal.address });
    const stack = new VectorStack(
      lab,
      temporal,
      new Client({ connection }),
      await writeInventory(lab.server, 'orders'),
    );
    stack.startWorker();
    return stack;
  }

  private startWorker(): void {
    const log = openSync(this.workerLog, 'a');
    this.worker = spawn(process.execPath, [join(projectRoot(), 'lib', 'src', 'worker.js')], {
      env: { ...process.env, PGPASSAGE_INVENTORY: this.inventory, TEMPORAL_ADDRESS: this.temporal.address },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
  }

  private get workerLog(): string {
    return join(this.lab.root.path, 'worker.log');
  }

  /** Kills the worker as a crash does, and starts another one. */
  async replaceWorker(): Promise<void> {
    const exited = once(this.worker!, 'exit');
    this.worker!.kill('SIGKILL');
    await exited;
    this.startWorker();
  }

  begin(type: string, input: Record<string, unknown>): Promise<WorkflowHandle> {
    const args = [{ cluster: 'orders', database: DATABASE, ...input }];
    return this.client.workflow.start(type, { taskQueue: 'pgpassage', workflowId: migrationId('orders'), args });
  }

  /** Polls the workflow until it says so. */
  async until(
    handle: WorkflowHandle,
    condition: (progress: VectorProgress) => boolean,
    timeoutMs = 600_000,
  ): Promise<VectorProgress> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const progress = await handle.query<VectorProgress>('progress').catch(() => undefined); // no worker answers while none runs
      if (progress && condition(progress)) return progress;
      if ((await handle.describe()).status.name === 'FAILED') await handle.result();
      if (Date.now() > deadline)
        throw new Error(
          `it did not get there; it says: ${progress?.status}\n${readFileSync(this.workerLog, 'utf8').slice(-3000)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /**
   * Kills the worker once in every step that matches, as soon as the step runs, until the workflow has ended or waits.
   * @returns the names of those steps.
   */
  async killAtSteps(
    handle: WorkflowHandle,
    matches: (step: string) => boolean,
    waits: (progress: VectorProgress) => boolean = () => false,
  ): Promise<string[]> {
    const killed: string[] = [];
    for (;;) {
      const fresh = (progress: VectorProgress) =>
        progress.steps.find(({ name, state }) => state === 'running' && matches(name) && !killed.includes(name));
      const progress = await this.until(
        handle,
        (seen) => fresh(seen) !== undefined || seen.outcome !== 'running' || waits(seen),
      );
      const step = fresh(progress);
      if (!step) return killed;
      killed.push(step.name);
      await this.replaceWorker();
    }
  }

  async stop(): Promise<void> {
    const exited = once(this.worker!, 'exit');
    this.worker!.kill('SIGKILL');
    await exited;
    await this.client.connection.close();
    await this.temporal.stop();
  }
}
