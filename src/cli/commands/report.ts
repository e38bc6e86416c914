import { writeFileSync } from 'node:fs';
import { Option } from 'commander';
import { migrationId } from '../../migration/identity';
import type { Progress } from '../../migration/progress';
import { migrationDocument } from '../../report/migration-document';
import { migrationJson } from '../../report/migration-json';
import { DOCUMENT_FORMATS, render, type DocumentFormat } from '../../report/render';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { CliError } from '../cli-error';
import { EXIT } from '../exit-codes';
import { look } from '../look';
import { describeRun, latestMigration } from '../runs';

interface ReportOptions {
  format: DocumentFormat | 'json';
  file?: string;
  run?: string;
}

/** `report CLUSTER`: the whole of a migration as a document. */
export function reportCommand(cli: Cli): void {
  addCommand(cli, 'report <cluster>', "Write the report of a cluster's migration, running or ended.", [
    'pgpassage report orders',
    'pgpassage report orders --format html --file orders.html',
  ])
    .addOption(
      new Option('--format <format>', 'format of the report').choices([...DOCUMENT_FORMATS, 'json']).default('text'),
    )
    .option('--file <file>', 'write it there instead of printing it')
    .option('--run <id>', 'an earlier run, as `list --output json` shows it')
    .action(answering(cli, report));
}

async function report(call: Call<ReportOptions>): Promise<Answer> {
  const { cluster, options, terminal } = call;
  const progress = await progressOf(call);
  const text = shown(progress, options.format, terminal.size().columns);
  if (options.file === undefined) return { json: migrationJson(progress), text };
  write(options.file, text);
  return {
    json: { cluster, file: options.file, format: options.format },
    text: `The report is written to ${options.file}.`,
  };
}

async function progressOf(call: Call<ReportOptions>): Promise<Progress> {
  const { cluster, options } = call;
  const temporal = await call.temporal();
  const run = options.run
    ? await describeRun(temporal, { workflowId: migrationId(cluster), runId: options.run })
    : await latestMigration(temporal, cluster);
  const { progress, failure, exit } = await look(temporal, run);
  if (progress) return progress;
  throw new CliError(
    exit === EXIT.ok ? EXIT.noSuchMigration : exit,
    `The migration of "${cluster}" has nothing to report: ${failure ?? 'it has only just begun'}`,
  );
}

function shown(progress: Progress, format: ReportOptions['format'], columns: number): string {
  if (format === 'json') return `${JSON.stringify(migrationJson(progress), null, 2)}\n`;
  return render(migrationDocument(progress), format, columns);
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CliError(EXIT.usage, `Can't write the report to ${file}: ${(error as Error).message}.`, { cause: error });
  }
}
