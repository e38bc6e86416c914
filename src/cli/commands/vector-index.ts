import { Option } from 'commander';
import { vectorIndexRebuildInput } from '../../migration/ruvector';
import type { VectorProgress } from '../../migration/ruvector-progress';
import { parseVectorMessage, type VectorMessageName } from '../../migration/vector-messages';
import { DOCUMENT_FORMATS, render, type DocumentFormat } from '../../report/render';
import { vectorDocument } from '../../report/vector-document';
import { begin } from '../begin';
import { CliError } from '../cli-error';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { EXIT } from '../exit-codes';
import { amount } from '../options';
import { latestRun } from '../runs';
import { checkedInput } from '../vector-input';
import { requireWorker } from '../worker-present';
import { nameOf, ON_VECTORS } from '../workflow-types';

const ANSWER_WITHIN_MS = 30_000;

/** `vector-index-rebuild`, `vector-index-approve`, `vector-index-reject`, `vector-report`. */
export function vectorIndexCommands(cli: Cli): void {
  addCommand(
    cli,
    'vector-index-rebuild <cluster>',
    'Build a vector index anew beside the old one; an approval drops the old one.',
    [
      'pgpassage vector-index-rebuild orders --database app --index claude_flow.idx_embeddings_vector --m 32 --ef-construction 200',
      'pgpassage vector-index-rebuild orders --database app --index claude_flow.idx_embeddings_vector --tune',
    ],
  )
    .requiredOption('--database <name>', 'the database')
    .option('--extension <name>', "the extension's name (default: ruvector)")
    .requiredOption('--index <name>', 'the index, with its schema')
    .option('--m <number>', 'connections of each element', amount)
    .option('--ef-construction <number>', 'candidates that are looked at while building', amount)
    .option('--method <name>', 'access method (default: the old one)')
    .option('--operator-class <name>', 'operator class (default: the old one)')
    .option('--tune', 'try settings on a sample first, and choose one by vector-index-approve')
    .option('--sample-rows <number>', 'rows of the sample (default: 10000)', amount)
    .action(answering(cli, start));
  addCommand(
    cli,
    'vector-index-approve <cluster>',
    'Choose a setting after --tune; or drop the old index after the rebuild.',
    [
      'pgpassage vector-index-approve orders --m 32 --ef-construction 200',
      'pgpassage vector-index-approve orders --note "recall is better"',
    ],
  )
    .option('--m <number>', 'at the choice of a setting', amount)
    .option('--ef-construction <number>', 'at the choice of a setting', amount)
    .option('--note <text>', 'why, for the log')
    .option('--by <name>', 'who approves (default: the OS user)')
    .action(answering(cli, approve));
  addCommand(cli, 'vector-index-reject <cluster>', 'Put the old index back and drop the new one.', [
    'pgpassage vector-index-reject orders --reason "too large"',
  ])
    .requiredOption('--reason <text>', 'why')
    .option('--by <name>', 'who rejects (default: the OS user)')
    .action(answering(cli, reject));
  addCommand(cli, 'vector-report <cluster>', "Show the cluster's workflow on vectors, running or last.", [
    'pgpassage vector-report orders --format html >report.html',
  ])
    .addOption(new Option('--format <format>', 'form of the report').choices(DOCUMENT_FORMATS).default('text'))
    .action(answering(cli, report));
}

interface RebuildOptions {
  database: string;
  extension?: string;
  index: string;
  m?: number;
  efConstruction?: number;
  method?: string;
  operatorClass?: string;
  tune?: boolean;
  sampleRows?: number;
}

async function start(call: Call<RebuildOptions>): Promise<Answer> {
  const { cluster, options } = call;
  const { database, extension, index, m, efConstruction, method, operatorClass, tune, sampleRows } = options;
  const said = {
    cluster,
    database,
    extension,
    index,
    m,
    ef_construction: efConstruction,
    method,
    operatorClass,
    tune,
    sampleRows,
  };
  const input = checkedInput(vectorIndexRebuildInput, said);
  const handle = await begin(await call.temporal(), {
    type: 'vectorIndexRebuild',
    cluster,
    input,
    summary: `${cluster}: rebuild ${index}`,
  });
  const text = `The rebuild of ${index} is started: workflow ${handle.workflowId}.\nLook at it: pgpassage vector-report ${cluster}`;
  return { json: { cluster, workflowId: handle.workflowId, runId: handle.firstExecutionRunId, input }, text };
}

function approve(call: Call<{ m?: number; efConstruction?: number; note?: string; by?: string }>): Promise<Answer> {
  const { m, efConstruction, note, by = call.terminal.user } = call.options;
  return sendTo(call, 'approve', { by, note, m, ef_construction: efConstruction });
}

function reject(call: Call<{ reason: string; by?: string }>): Promise<Answer> {
  const { reason, by = call.terminal.user } = call.options;
  return sendTo(call, 'reject', { by, reason });
}

async function sendTo(call: Call<unknown>, name: VectorMessageName, payload: object): Promise<Answer> {
  const said = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
  parseVectorMessage(name, said);
  const temporal = await call.temporal();
  await requireWorker(temporal, 'Nothing was sent.');
  const { workflowId, runId } = await latestOnVectors(call);
  const handle = temporal.client.workflow.getHandle(workflowId, runId);
  const answer = await temporal.within(ANSWER_WITHIN_MS, () =>
    handle.executeUpdate<string, [object]>(name, { args: [said] }),
  );
  return { text: answer, json: { cluster: call.cluster, message: name, answer } };
}

async function latestOnVectors(call: Call<unknown>): Promise<{ workflowId: string; runId: string }> {
  const run = await latestRun(await call.temporal(), call.cluster);
  if (run && ON_VECTORS.includes(run.type)) return run;
  const instead = run ? `the last workflow is a ${nameOf(run.type)}` : 'Temporal knows no workflow of it at all';
  throw new CliError(EXIT.noSuchMigration, `Cluster "${call.cluster}" has no workflow on vectors: ${instead}.`);
}

async function report(call: Call<{ format: DocumentFormat }>): Promise<Answer> {
  const { workflowId, runId } = await latestOnVectors(call);
  const temporal = await call.temporal();
  await requireWorker(temporal, 'So nobody can be asked.');
  const handle = temporal.client.workflow.getHandle(workflowId, runId);
  const progress = await temporal.within(ANSWER_WITHIN_MS, () => handle.query<VectorProgress>('progress'));
  return { json: progress, text: render(vectorDocument(progress), call.options.format, call.terminal.size().columns) };
}
