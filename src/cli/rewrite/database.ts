import { randomUUID } from 'node:crypto';
import { migrationId } from '../../migration/identity';
import { rewriteReportInput } from '../../migration/input';
import { issuesOf } from '../../migration/messages';
import type { RewriteReport } from '../../ruvector/report/rewrite-report';
import type { Answer, Call } from '../command';
import { CliError } from '../cli-error';
import { EXIT } from '../exit-codes';
import { waitForResult } from '../wait-for-result';
import { requireWorker } from '../worker-present';
import { rewriteAnswer } from './answer';
import type { RewriteSqlOptions } from './options';

/** Gives up a report that no worker took up. */
const TIMEOUT = '1h';

/** Asks a worker what a database holds: only the worker knows the way to it. */
export async function rewriteDatabase(
  call: Call<RewriteSqlOptions>,
  target: { cluster: string; database: string },
): Promise<Answer> {
  const input = { ...target, to: call.options.to };
  const parsed = rewriteReportInput.safeParse(input);
  if (!parsed.success) throw new CliError(EXIT.usage, `${issuesOf(parsed.error)}. Nothing was started.`);
  const temporal = await call.temporal();
  await requireWorker(temporal, 'Nothing was started.');
  const handle = await temporal.client.workflow.start('rewriteReport', {
    workflowId: `${migrationId(target.cluster)}/rewrite-report/${randomUUID()}`,
    taskQueue: temporal.taskQueue,
    workflowExecutionTimeout: TIMEOUT,
    args: [input],
    staticSummary: `rewrite report of ${target.database} in ${target.cluster}`,
  });
  const report = await waitForResult<RewriteReport>(temporal, handle, (text) => call.terminal.err(`${text}\n`));
  return answer(report, call.options);
}

function answer(report: RewriteReport, options: RewriteSqlOptions): Answer {
  const { extension, diffsLeftOut } = report;
  const items = report.items.map(({ kind, name, ...rest }) => ({ ...rest, name: `${kind} ${name}` }));
  const { text, exit } = rewriteAnswer(items, options);
  const found = `Extension ruvector ${extension.version} in schema ${extension.schema}.`;
  const left = diffsLeftOut > 0 ? `\n${diffsLeftOut} diffs are left out: together they are too long.` : '';
  return { json: report, text: `${text}\n${found}${left}`, exit };
}
