import type { WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { migrationId } from '../migration/identity';
import { CliError } from './cli-error';
import type { Temporal } from './connect';
import { EXIT } from './exit-codes';
import { isMigration, MIGRATIONS, nameOf, typeIn } from './workflow-types';

/** One run of a workflow, as Temporal describes it. */
export type Run = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'type' | 'status' | 'startTime' | 'closeTime' | 'memo'
>;

/** Enough to find a run again. */
export type RunReference = Pick<Run, 'workflowId' | 'runId'>;

/** A run as it is now. */
export function describeRun({ client }: Temporal, { workflowId, runId }: RunReference): Promise<Run> {
  return client.workflow.getHandle(workflowId, runId).describe();
}

/** The run that holds the cluster's ID, or held it last; of whichever workflow. */
export async function latestRun({ client }: Temporal, cluster: string): Promise<Run | undefined> {
  try {
    return await client.workflow.getHandle(migrationId(cluster)).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The cluster's migration, running or last; a rollback or a finalize that came after it is passed over. */
export async function latestMigration(temporal: Temporal, cluster: string): Promise<Run> {
  const latest = await latestRun(temporal, cluster);
  if (latest && isMigration(latest.type)) return latest;
  const query = `WorkflowId = '${migrationId(cluster)}' AND ${typeIn(MIGRATIONS)}`;
  for await (const run of temporal.client.workflow.list({ query, pageSize: 1 })) return run;
  throw new CliError(
    EXIT.noSuchMigration,
    `Temporal (${temporal.address}, namespace ${temporal.namespace}) knows no migration of cluster "${cluster}". ` +
      'Look at `pgpassage list`, or begin one with `pgpassage start`.',
  );
}

/** The cluster's running migration. @throws CliError that says what there is instead. */
export async function runningMigration(temporal: Temporal, cluster: string): Promise<Run> {
  const latest = await latestRun(temporal, cluster);
  if (latest && isRunning(latest) && isMigration(latest.type)) return latest;
  throw new CliError(
    EXIT.noSuchMigration,
    `Cluster "${cluster}" has no running migration: ${instead(latest)} Nothing was sent.`,
  );
}

function instead(latest: Run | undefined): string {
  if (!latest) return 'Temporal knows none at all.';
  const name = nameOf(latest.type);
  if (isRunning(latest)) return `a ${name} runs since ${latest.startTime.toISOString()}.`;
  return `the last workflow, a ${name}, ended ${latest.status.name.toLowerCase()} at ${latest.closeTime?.toISOString()}.`;
}

/** Whether the run goes on. */
export function isRunning(run: Run): boolean {
  return run.status.name === 'RUNNING' || run.status.name === 'PAUSED';
}
