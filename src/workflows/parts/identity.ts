import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ApplicationFailure, ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import { FAILURE } from '../../migration/failures';
import { migrationId } from '../../migration/identity';

/** Answer of a workflow that was started under another ID, by the UI or by a schedule: where the migration itself runs. */
export interface StartedElsewhere {
  startedAs: string;
  runId: string;
}

/**
 * One cluster has one migration at a time because its ID is derived from the cluster. A workflow that was started under
 * another ID starts itself under the right one and ends.
 * @throws ApplicationFailure InvalidInput when the cluster has a migration already.
 */
export async function underOwnId(cluster: string, input: unknown): Promise<StartedElsewhere | undefined> {
  const { workflowId, workflowType } = workflowInfo();
  const own = migrationId(cluster);
  if (workflowId === own) return undefined;
  try {
    const child = await startChild(workflowType, {
      workflowId: own,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
    return { startedAs: own, runId: child.firstExecutionRunId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw ApplicationFailure.create({
      type: FAILURE.invalidInput,
      nonRetryable: true,
      message: `cluster: "${cluster}" has a migration already, workflow ${own}. Wait for it, or end it there. Nothing was touched.`,
    });
  }
}

/**
 * Identity of this migration's run, for names on the host. It stays the same when the workflow continues as new. The whole
 * ID: its beginning is a time (UUIDv7), which two runs started within a minute share.
 */
export function runTag(): string {
  return workflowInfo().firstExecutionRunId;
}
