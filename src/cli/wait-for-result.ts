import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { CliError } from './cli-error';
import type { Temporal } from './connect';
import { EXIT } from './exit-codes';
import { isAway } from './grpc';
import { noWorker, workerPresent } from './worker-present';

/** How long one wait for the result lasts before it is looked whether anybody works on it. */
const SLICE_MS = 15_000;
const RETRY_MS = 2_000;

/**
 * Waits for a workflow's result, however long it takes and through an absence of Temporal, which it says.
 * @throws CliError when no worker works on it any more; the workflow itself goes on once there is one.
 */
export async function waitForResult<T>(
  temporal: Temporal,
  handle: WorkflowHandle,
  say: (text: string) => void,
): Promise<T> {
  let away = false;
  for (;;) {
    try {
      return (await temporal.within(SLICE_MS, () => handle.result())) as T;
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    const present = await answers(temporal);
    if (present === false) {
      throw new CliError(
        EXIT.unreachable,
        noWorker(temporal, `Workflow ${handle.workflowId} stands, and goes on when there is one.`),
      );
    }
    if (present === undefined && !away)
      say(`Temporal at ${temporal.address} does not answer; what it has begun goes on. Trying again until it does.`);
    if (present && away) say('Temporal answers again.');
    away = present === undefined;
    if (away) await sleep(RETRY_MS);
  }
}

/** Whether a worker is there; undefined where Temporal does not answer. */
async function answers(temporal: Temporal): Promise<boolean | undefined> {
  try {
    return await workerPresent(temporal);
  } catch (error) {
    if (isAway(error)) return undefined;
    throw error;
  }
}
