import { statusView } from '../../report/status-view';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { look, type Look } from '../look';
import { isRunning, latestMigration, latestRun, startedAt, type Run } from '../runs';
import { watch } from '../watch';
import { isMigration, nameOf } from '../workflow-types';

/** `status CLUSTER`: where the cluster's migration stands, and what to type next. */
export function statusCommand(cli: Cli): void {
  addCommand(cli, 'status <cluster>', "Show where a cluster's migration stands, and what to type next.", [
    'pgpassage status orders',
    'pgpassage status orders --watch',
    'pgpassage status orders --output json | jq .progress.outcome',
  ])
    .option('--watch', 'show it until it ends; the exit code then tells how')
    .action(answering(cli, status));
}

async function status(call: Call<{ watch?: boolean }>): Promise<Answer> {
  const temporal = await call.temporal();
  const latest = await latestRun(temporal, call.cluster);
  const later = latest && !isMigration(latest.type) ? latest : undefined;
  const migration = await latestMigration(temporal, call.cluster);
  if (call.options.watch) return watch(call, migration);
  const seen = await look(temporal, migration);
  return { json: asJson(seen, later), text: asText(seen, later, call.terminal.size().columns) };
}

function asText({ run, progress, failure }: Look, later: Run | undefined, columns: number): string {
  const lines = progress
    ? statusView(progress, Date.now(), { columns, rows: Infinity })
    : [
        `${run.workflowId}: ${run.status.name.toLowerCase()}, ${run.closeTime ? 'ended' : 'started'} at ${(run.closeTime ?? startedAt(run)).toISOString()}`,
      ];
  return [
    ...lines,
    ...(failure && failure !== progress?.status ? ['', failure] : []),
    ...(later ? ['', laterText(later)] : []),
  ].join('\n');
}

/** A rollback or finalize that came after the migration decides what serves now. */
function laterText({ type, status: { name }, startTime }: Run): string {
  return `Since then a ${nameOf(type)} was started at ${startTime.toISOString()}: ${name.toLowerCase()}.`;
}

function asJson({ run, progress, failure }: Look, later: Run | undefined): unknown {
  return { workflow: runJson(run), progress, failure, later: later && runJson(later) };
}

function runJson(run: Run): Record<string, unknown> {
  const { workflowId, runId, type, status, closeTime } = run;
  const times = { startedAt: startedAt(run), closedAt: closeTime };
  return { workflowId, runId, type, status: status.name, running: isRunning(run), ...times };
}
