import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { WorkerProcess } from '../../chaos/worker-process';
import { writeInventory } from '../../sandbox/inventory';
import { startTemporal, type TemporalServer } from '../../sandbox/temporal-server';
import { migrationId } from '../../src/migration/identity';
import type { VectorProgress } from '../../src/migration/ruvector-progress';
import { Interruptions, type KillAfter } from './interruptions';
import { DATABASE, type RuvectorLab } from './lab';

/** Temporal and workers that can be killed around a lab. */
export class VectorStack {
  private interruptions?: Interruptions;
  private readonly worker: WorkerProcess;
  private readonly workerLog: string;

  private constructor(
    lab: RuvectorLab,
    private readonly temporal: TemporalServer,
    private readonly client: Client,
    inventory: string,
  ) {
    this.workerLog = join(lab.root.path, 'worker.log');
    const options = { temporalAddress: temporal.address, inventory, logFile: this.workerLog, times: 1 };
    this.worker = new WorkerProcess(options, async (point) => this.interruptions?.reached(point));
    this.worker.start();
  }

  static async start(lab: RuvectorLab): Promise<VectorStack> {
    const temporal = await startTemporal();
    const connection = await Connection.connect({ address: temporal.address });
    const inventory = await writeInventory(lab.server, 'orders');
    return new VectorStack(lab, temporal, new Client({ connection }), inventory);
  }

  /** From now on the worker is killed in these activities. */
  interrupt(after: KillAfter): Interruptions {
    return (this.interruptions = new Interruptions(after, async () => {
      await this.worker.kill();
      this.worker.start();
    }));
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

  async stop(): Promise<void> {
    await this.worker.kill();
    await this.client.connection.close();
    await this.temporal.stop();
  }
}
