import { randomUUID } from 'node:crypto';
import { migrationId } from '../migration/identity';
import type { Call } from './command';
import type { TargetOptions } from './options';
import { targetInput } from './target-input';
import { waitForResult } from './wait-for-result';
import { requireWorker } from './worker-present';
import type { WorkflowType } from './workflow-types';

/** Gives up a look that no worker took up, so that none is begun long after its caller has gone. */
const LOOK_TIMEOUT = '1h';

/** Runs a workflow that changes nothing, under an ID of its own, and returns its result. */
export async function lookOnly<T>(
  call: Call<TargetOptions>,
  type: WorkflowType,
  kind: 'plan' | 'preflight',
): Promise<T> {
  const input = targetInput(call.cluster, call.options);
  return look(call, type, kind, input, `${kind} of ${call.cluster} → ${input.to}`);
}

/** The same with any input. @param kind the part of the workflow's ID that tells it from the cluster's others. */
export async function look<T>(
  call: Call<unknown>,
  type: WorkflowType,
  kind: string,
  input: object,
  staticSummary: string,
): Promise<T> {
  const temporal = await call.temporal();
  await requireWorker(temporal, 'Nothing was started.');
  const handle = await temporal.client.workflow.start(type, {
    workflowId: `${migrationId(call.cluster)}/${kind}/${randomUUID()}`,
    taskQueue: temporal.taskQueue,
    workflowExecutionTimeout: LOOK_TIMEOUT,
    args: [input],
    staticSummary,
  });
  return waitForResult<T>(temporal, handle, (text) => call.terminal.err(`${text}\n`));
}
