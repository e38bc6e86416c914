import { parseMessage, type MessageName } from '../migration/messages';
import type { Answer, Call } from './command';
import { runningMigration } from './runs';
import { requireWorker } from './worker-present';

const ANSWER_WITHIN_MS = 30_000;

/**
 * Sends a message to the cluster's running migration as an update, and returns what the migration answers.
 * @throws CliError when there is no such migration or no worker; WorkflowUpdateFailedError when the migration refuses.
 */
export async function send(call: Call<unknown>, name: MessageName, payload: object): Promise<Answer> {
  const said = withoutUndefined(payload);
  parseMessage(name, said);
  const temporal = await call.temporal();
  const { workflowId, runId } = await runningMigration(temporal, call.cluster);
  await requireWorker(temporal, 'Nothing was sent.');
  const handle = temporal.client.workflow.getHandle(workflowId, runId);
  const answer = await temporal.within(ANSWER_WITHIN_MS, () =>
    handle.executeUpdate<string, [object]>(name, { args: [said] }),
  );
  return { text: answer, json: { cluster: call.cluster, message: name, answer } };
}

function withoutUndefined(payload: object): object {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
}
