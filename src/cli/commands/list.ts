import { textTable } from '../../report/text-table';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { amount } from '../options';
import { startedAt, type Run } from '../runs';
import { CHANGES, nameOf, typeIn } from '../workflow-types';

interface ListOptions {
  running?: boolean;
  limit: number;
}

/** `list`: running and recent migrations, rollbacks and finalizes, newest first. */
export function listCommand(cli: Cli): void {
  addCommand(cli, 'list', 'List running and recent migrations, rollbacks and finalizes, newest first.', [
    'pgpassage list',
    'pgpassage list --running --output json',
  ])
    .option('--running', 'only what runs')
    .option('--limit <number>', 'at most so many', amount, 20)
    .action(answering(cli, list));
}

async function list(call: Call<ListOptions>): Promise<Answer> {
  const { running, limit } = call.options;
  const { client } = await call.temporal();
  // A run that was continued as new is told by the one that goes on.
  const query = `${typeIn(CHANGES)} AND ExecutionStatus ${running ? "= 'Running'" : "!= 'ContinuedAsNew'"}`;
  const runs: Run[] = [];
  for await (const run of client.workflow.list({ query, pageSize: limit })) {
    if (runs.push(run) === limit) break;
  }
  return {
    json: runs.map(asJson),
    text: runs.length > 0 ? asTable(runs, call.terminal.size().columns) : 'No migrations yet.',
  };
}

function asJson(run: Run): Record<string, unknown> {
  const { workflowId, runId, type, status, closeTime, memo } = run;
  return {
    cluster: clusterOf(run),
    workflowId,
    runId,
    type,
    status: status.name,
    said: memo?.status,
    startedAt: startedAt(run),
    closedAt: closeTime,
  };
}

function asTable(runs: Run[], width: number): string {
  const rows = runs.map((run) => [
    clusterOf(run),
    nameOf(run.type),
    run.status.name.toLowerCase(),
    seconds(startedAt(run)),
    run.closeTime ? seconds(run.closeTime) : '',
    typeof run.memo?.status === 'string' ? run.memo.status : '',
  ]);
  return textTable(['cluster', 'what', 'state', 'started (UTC)', 'ended (UTC)', 'says'], rows, width);
}

/** The ID is `pgpassage/CLUSTER`; a workflow that a person started under another ID is shown by that. */
function clusterOf({ workflowId }: Run): string {
  return workflowId.replace(/^pgpassage\//, '');
}

function seconds(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}
