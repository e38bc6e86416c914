import type { Client, WorkflowHandle } from '@temporalio/client';
import { startWorker, type WorkerProcess } from '../../sandbox/worker-process';
import { DEFAULT_TASK_QUEUE, migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';
import type { Contender } from '../benchmark';
import { CLUSTER, type Stage } from '../stage';
import { outageMarks, untilUpgrading } from './outage-job';

/** Where migrations run. */
export interface Service {
  client: Client;
  address: string;
}

/** What happens to the worker in the middle of pg_upgrade. @returns the worker that goes on. */
export type Disturbance = (worker: WorkerProcess, stage: Stage) => Promise<WorkerProcess>;

/** A whole migration by a worker of its own. */
export function migration({ client, address }: Service, disturb: Disturbance): Contender {
  return async (stage, ending) => {
    let worker = startWorker(stage.root, stage.inventoryFile, address);
    const over = new AbortController();
    const signal = AbortSignal.any([ending, over.signal]);
    try {
      const handle = await begin(client, stage);
      const completed = assertCompleted(handle);
      const early = completed.then(() => Promise.reject(new Error('The migration ended before pg_upgrade was seen.')));
      early.catch(() => undefined); // after the middle nobody waits for it
      const stopped = aborted(signal);
      const middle = await Promise.race([untilUpgrading(stage, signal), early, worker.ended, stopped]);
      worker = await disturb(worker, stage);
      await Promise.race([completed, worker.ended, stopped]);
      return outageMarks(stage, middle);
    } finally {
      over.abort();
      await worker.end('SIGKILL');
    }
  };
}

function begin(client: Client, { options: { to } }: Stage): Promise<WorkflowHandle> {
  const input = {
    cluster: CLUSTER,
    to,
    mode: 'link',
    rehearse: false,
    soakAfterLast: 0,
    // How full and how busy this machine is has nothing to do with the outage.
    thresholds: { cpu: 'off', 'free-disk': 'off' },
  };
  const workflowId = migrationId(CLUSTER);
  return client.workflow.start('stepMigration', { taskQueue: DEFAULT_TASK_QUEUE, workflowId, args: [input] });
}

async function assertCompleted(handle: WorkflowHandle): Promise<void> {
  const { outcome, status } = (await handle.result()) as Progress;
  if (outcome !== 'completed') throw new Error(`The migration ended, but not well: ${status}`);
}

/** Rejects when the signal aborts; whoever waits for it gets the reason. */
function aborted(signal: AbortSignal): Promise<never> {
  const rejecting = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  rejecting.catch(() => undefined); // at the end nobody waits for it
  return rejecting;
}
