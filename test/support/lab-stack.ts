import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as TemporalClient, Connection, type WorkflowHandle } from '@temporalio/client';
import { Client } from 'pg';
import { asPostgres, makeCluster, writeLabInventory, type LabCluster } from '../../sandbox/lab/cluster';
import type { DataDisk } from '../../sandbox/lab/root-file-system';
import { upLab, type Lab } from '../../sandbox/lab/lab';
import { LAB_DIRECTORY } from '../../sandbox/lab/names';
import type { MajorVersion } from '../../sandbox/parts';
import { projectRoot } from '../../sandbox/project-root';
import { startTemporal, type TemporalServer } from '../../sandbox/temporal-server';
import { migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';

const WORKER_LOG = join(LAB_DIRECTORY, 'worker.log');

export interface LabStackOptions {
  /** The first one is the primary's. */
  hosts: string[];
  version: MajorVersion;
  disks?: Record<string, DataDisk>;
  /** What has to be there before the worker reads the inventory. */
  prepare?: (cluster: LabCluster, lab: Lab) => Promise<void>;
}

/** A lab with the cluster `orders` on its first host, a Temporal service, and the worker that the build made. */
export class LabStack {
  private constructor(
    readonly lab: Lab,
    readonly cluster: LabCluster,
    private readonly temporal: TemporalServer,
    private readonly worker: ChildProcess,
    readonly client: TemporalClient,
  ) {}

  static async start({ hosts, version, disks, prepare }: LabStackOptions): Promise<LabStack> {
    const lab = await upLab({ hosts, disks });
    const cluster = await makeCluster(lab.hosts[hosts[0]], version);
    await cluster.host.run(asPostgres(version, 'pgbench', '--initialize', '--quiet', '--scale=1', 'postgres'));
    await prepare?.(cluster, lab);
    const temporal = await startTemporal();
    const client = new TemporalClient({ connection: await Connection.connect({ address: temporal.address }) });
    const env = {
      ...process.env,
      TEMPORAL_ADDRESS: temporal.address,
      PGPASSAGE_INVENTORY: writeLabInventory(lab, { orders: cluster }),
    };
    const log = openSync(WORKER_LOG, 'a');
    const program = join(projectRoot(), 'lib', 'src', 'worker.js');
    const worker = spawn(process.execPath, [program], { env, stdio: ['ignore', log, log] });
    closeSync(log);
    return new LabStack(lab, cluster, temporal, worker, client);
  }

  /** Starts a migration of `orders`; what is about the machine that all hosts share is not watched. */
  migrate(input: Record<string, unknown>): Promise<WorkflowHandle> {
    return this.client.workflow.start('stepMigration', {
      taskQueue: 'pgpassage',
      workflowId: migrationId('orders'),
      args: [{ cluster: 'orders', thresholds: { cpu: 'off', 'free-disk': 'off' }, ...input }],
    });
  }

  /** How it ended. @throws Error with the worker's last words where it failed. */
  async result(handle: WorkflowHandle): Promise<Progress> {
    try {
      return (await handle.result()) as Progress;
    } catch (error) {
      const cause = (error as Error).cause ?? error;
      throw new Error(`${String(cause)}\n${readFileSync(WORKER_LOG, 'utf8').slice(-3000)}`, { cause: error });
    }
  }

  /** The progress, once it is as wanted. @throws Error when the migration ends or `withinMs` pass before. */
  async until(handle: WorkflowHandle, wanted: (progress: Progress) => boolean, withinMs = 240_000): Promise<Progress> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const progress = await handle.query<Progress>('progress');
      if (wanted(progress)) return progress;
      if (progress.outcome !== 'running' || Date.now() > deadline)
        throw new Error(`it never came to that: ${progress.outcome}, ${progress.status}`);
      await sleep(200);
    }
  }

  /** Connects to whatever serves; after a boot the server takes a moment. */
  async connect(): Promise<Client> {
    for (let tries = 0; ; tries += 1) {
      const sql = new Client(this.cluster.connection);
      sql.on('error', () => undefined); // the next query tells
      try {
        await sql.connect();
        return sql;
      } catch (error) {
        if (tries > 100) throw error;
        await sleep(200);
      }
    }
  }

  async stop(): Promise<void> {
    this.worker.kill('SIGKILL');
    await this.client.connection.close();
    await this.temporal.stop();
    await this.lab.down();
  }
}
