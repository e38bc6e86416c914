import type { WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { temporal as protocol } from '@temporalio/proto';
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

/** A run as it is now; where it was continued as new, the run that goes on in its place. */
export async function describeRun(temporal: Temporal, reference: RunReference): Promise<Run> {
  const run = await temporal.client.workflow.getHandle(reference.workflowId, reference.runId).describe();
  if (run.status.name !== 'CONTINUED_AS_NEW') return run;
  return describeRun(temporal, { workflowId: run.workflowId, runId: await continuedBy(temporal, run) });
}

/** The run that a closed one named as its continuation, in the last event of its history. */
async function continuedBy({ client, namespace }: Temporal, { workflowId, runId }: Run): Promise<string> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace,
    execution: { workflowId, runId },
    historyEventFilterType: protocol.api.enums.v1.HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
  });
  return history!.events!.at(-1)!.workflowExecutionContinuedAsNewEventAttributes!.newExecutionRunId!;
}

/** When a migration began; its run may have begun later, to continue one whose history had become long. */
export function startedAt({ memo, startTime }: Run): Date {
  return typeof memo?.startedAt === 'number' ? new Date(memo.startedAt) : startTime;
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
  if (isRunning(latest)) return `a ${name} runs since ${startedAt(latest).toISOString()}.`;
  return `the last workflow, a ${name}, ended ${latest.status.name.toLowerCase()} at ${latest.closeTime?.toISOString()}.`;
}

/** Whether the run goes on. */
export function isRunning(run: Run): boolean {
  return run.status.name === 'RUNNING' || run.status.name === 'PAUSED';
}
