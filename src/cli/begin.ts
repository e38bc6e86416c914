import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { migrationId } from '../migration/identity';
import { CliError } from './cli-error';
import type { Temporal } from './connect';
import { EXIT } from './exit-codes';
import { latestRun, startedAt } from './runs';
import { requireWorker } from './worker-present';
import { nameOf, type CHANGES } from './workflow-types';

/** Start of one of the workflows that change a cluster. */
export interface Beginning {
  type: (typeof CHANGES)[number];
  cluster: string;
  input: object;
  /** Shown beside the workflow in the Temporal UI. */
  summary: string;
}

/**
 * Starts a workflow under the cluster's ID, which is the mutex: one at a time.
 * @throws CliError when no worker polls, or when something runs already; nothing is started then.
 */
export async function begin(
  temporal: Temporal,
  { type, cluster, input, summary }: Beginning,
): Promise<WorkflowHandle & { firstExecutionRunId: string }> {
  await requireWorker(temporal, 'Nothing was started.');
  try {
    return await temporal.client.workflow.start(type, {
      workflowId: migrationId(cluster),
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      taskQueue: temporal.taskQueue,
      args: [input],
      staticSummary: summary,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw await alreadyRunning(temporal, cluster, error);
  }
}

async function alreadyRunning(temporal: Temporal, cluster: string, cause: Error): Promise<CliError> {
  const run = await latestRun(temporal, cluster);
  const what = run ? `a ${nameOf(run.type)} since ${startedAt(run).toISOString()}` : 'a workflow';
  return new CliError(
    EXIT.noSuchMigration,
    `Cluster "${cluster}" has ${what} running already (workflow ${migrationId(cluster)}). Nothing was started. Look at \`pgpassage status ${cluster}\`.`,
    { cause },
  );
}
