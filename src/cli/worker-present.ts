import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './cli-error';
import type { Temporal } from './connect';
import { EXIT } from './exit-codes';

/**
 * A worker asks for work once a minute at the latest, so one that has not for this long is gone. Temporal itself keeps
 * listing it for five minutes.
 */
const GONE_AFTER_MS = 75_000;

/** A worker, or Temporal itself, may be just starting: it is looked for this long. */
const PATIENCE_MS = 3_000;
const AGAIN_AFTER_MS = 300;
const ANSWER_WITHIN_MS = 5_000;

const TASK_QUEUE_TYPE_WORKFLOW = 1;

/** Whether a worker polls pgpassage's task queue, or begins to within a few seconds. */
export async function workerPresent(temporal: Temporal): Promise<boolean> {
  for (const deadline = Date.now() + PATIENCE_MS; ;) {
    if (await polledLately(temporal)) return true;
    if (Date.now() >= deadline) return false;
    await sleep(AGAIN_AFTER_MS);
  }
}

async function polledLately({ client, namespace, taskQueue, within }: Temporal): Promise<boolean> {
  const { pollers } = await within(ANSWER_WITHIN_MS, () =>
    client.workflowService.describeTaskQueue({
      namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
    }),
  );
  return (pollers ?? []).some(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > Date.now() - GONE_AFTER_MS,
  );
}

/** @throws CliError when no worker polls; `untouched` says what did not happen, or what goes on later. */
export async function requireWorker(temporal: Temporal, untouched: string): Promise<void> {
  if (!(await workerPresent(temporal))) throw new CliError(EXIT.unreachable, noWorker(temporal, untouched));
}

/** The sentence for a task queue that nobody serves. */
export function noWorker({ taskQueue, namespace, address }: Temporal, untouched: string): string {
  return (
    `No worker polls the task queue "${taskQueue}" (namespace ${namespace}, Temporal at ${address}). ${untouched} ` +
    'Start one with `npm run worker`; if its queue has another name, set PGPASSAGE_TASK_QUEUE for both.'
  );
}
