import type { RebuildRef } from '../activities/vector-index';
import { vectorIndexRebuildInput, type VectorIndexRebuildInput } from '../migration/ruvector';
import type { VectorProgress } from '../migration/ruvector-progress';
import { tuningPlot } from '../report/tuning-plot';
import type { Trial } from '../ruvector/tune';
import { activity } from './parts/activities';
import { invalidInput, parseInput, plainly } from './parts/failures';
import { runTag, underOwnId, type StartedElsewhere } from './parts/identity';
import { Saga } from './parts/saga';
import { ApprovalDesk } from './parts/vector-approval';
import { VectorRun } from './parts/vector-run';

const WAY_BACK =
  'reject, or cancel: the old index gets its name back and the new one is dropped; after the approval, rebuild with the old parameters';

/**
 * Builds a vector index anew with other parameters, while the old one goes on serving:
 * `{"cluster": "orders", "database": "app", "index": "claude_flow.idx_embeddings_vector", "m": 32, "ef_construction": 200}`.
 *
 *  1. plan from the catalog; with `tune`, settings tried on a sample, and the operator's choice
 *  2. build under a new name, concurrently where the access method can
 *  3. recall, time and size of both compared
 *  4. names swapped in one short transaction, ANALYZE
 *  5. approval: the old index is dropped; rejection: names swapped back, the new index is dropped
 */
export async function vectorIndexRebuild(raw: unknown): Promise<VectorProgress | StartedElsewhere> {
  const input = parseInput(vectorIndexRebuildInput, raw);
  refuseNothingToDo(input);
  return (await underOwnId(input.cluster, raw)) ?? plainly(rebuild(input));
}

function refuseNothingToDo({ tune, m, ef_construction, method, operatorClass }: VectorIndexRebuildInput): void {
  if (tune || m !== undefined || ef_construction !== undefined || method !== undefined || operatorClass !== undefined)
    return;
  throw invalidInput(
    'm, ef_construction, method, operatorClass, tune: say at least one; with none the index would be built as it is.',
  );
}

async function rebuild(input: VectorIndexRebuildInput): Promise<VectorProgress> {
  const run = new VectorRun(input.cluster, input.database, WAY_BACK);
  const desk = new ApprovalDesk(run);
  const saga = new Saga();
  let ref = await plan(run, input);
  try {
    if (input.tune) {
      const chosen = await choose(run, desk, ref, input);
      if (!chosen) return stopped(run, 'no setting was chosen; nothing was built');
      ref = await plan(run, { ...input, ...chosen });
    }
    await build(run, saga, ref);
    const decision = await desk.ask(
      `${ref.plan.name} is the new index; ${ref.plan.retired} is the old one, kept until you decide`,
      'Look at recall, time and size; approve to drop the old index, or reject to put it back.',
    );
    if (decision.kind === 'reject') {
      await saga.compensate((name) => run.progress.steps.push({ name, state: 'undone', startedAt: Date.now() }));
      return stopped(run, `rejected by ${decision.by}: ${decision.reason}; the old index is back`);
    }
    await run.step('drop the old index', () =>
      activity('insist', 'dropVectorIndex', `drop ${ref.plan.retired}`, { ref, name: ref.plan.retired }),
    );
  } catch (error) {
    return run.undo(saga, error, `Index ${ref.plan.name} is the old one.`);
  }
  run.progress.outcome = 'completed';
  run.say(`${ref.plan.name} is rebuilt`, 'Nothing.');
  return run.progress;
}

function stopped(run: VectorRun, status: string): VectorProgress {
  run.progress.outcome = 'stopped';
  run.say(status, 'Nothing.');
  return run.progress;
}

async function plan(run: VectorRun, input: VectorIndexRebuildInput): Promise<RebuildRef> {
  const { cluster, database, extension } = input;
  const planned = await run.step(
    'plan',
    () => activity('try', 'planVectorIndexRebuild', `look at ${input.index}`, input),
    ({ index }) => `${index.method} with ${index.options.join(', ') || 'defaults'}`,
  );
  run.fact('index', `${planned.schema}.${planned.name}`);
  run.fact(
    'now',
    `${planned.old.method} (${planned.old.operatorClass}) with ${planned.old.options.join(', ') || 'defaults'}`,
  );
  run.fact(
    'what waits',
    planned.index.concurrently
      ? 'nothing: it is built concurrently'
      : `writes to ${planned.table}, while it is built: its access method can't do it concurrently`,
  );
  return { cluster, database, extension, migration: runTag(), plan: planned };
}

async function choose(
  run: VectorRun,
  desk: ApprovalDesk,
  ref: RebuildRef,
  input: VectorIndexRebuildInput,
): Promise<{ m: number; ef_construction: number } | undefined> {
  const trials = await run.step(
    'parameter search',
    () =>
      activity('try', 'tuneVectorIndex', `settings on ${input.sampleRows} rows`, { ref, sampleRows: input.sampleRows }),
    (all) => `${all.length} settings tried`,
  );
  for (const trial of trials)
    run.fact(
      labelOf(trial),
      `recall ${trial.recall ?? 'not used'}, ${trial.milliseconds ?? '-'} ms, ${trial.bytes} bytes, built in ${trial.buildMs} ms`,
    );
  run.fact('plot', plot(trials));
  const answer = await desk.ask(
    'Settings were tried on a sample: choose one',
    'approve with m and ef_construction, or reject.',
    (given) =>
      given.kind === 'approve' && (given.m === undefined || given.ef_construction === undefined)
        ? 'm, ef_construction: say both'
        : undefined,
  );
  return answer.kind === 'approve' ? { m: answer.m!, ef_construction: answer.ef_construction! } : undefined;
}

function labelOf({ m, ef_construction }: Trial): string {
  return `m ${m}, ef ${ef_construction}`;
}

function plot(trials: Trial[]): string {
  return tuningPlot(
    trials.flatMap((trial) =>
      trial.recall === null || trial.milliseconds === null
        ? []
        : [{ label: labelOf(trial), recall: trial.recall, milliseconds: trial.milliseconds, bytes: trial.bytes }],
    ),
  );
}

async function build(run: VectorRun, saga: Saga, ref: RebuildRef): Promise<void> {
  const { building, name } = ref.plan;
  saga.register(`drop ${building}`, () =>
    activity('insist', 'dropVectorIndex', `drop ${building}`, { ref, name: building }),
  );
  await run.step('build', () => activity('try', 'buildVectorIndex', `build ${building}`, ref));
  const measures = await run.step(
    'compare',
    () => activity('try', 'measureVectorIndexes', 'recall, time and size of both', ref),
    (both) =>
      both
        .map(
          (each) =>
            `${each.name}: recall ${each.recall ?? 'not used'}, ${each.milliseconds ?? '-'} ms, ${each.bytes} bytes`,
        )
        .join('; '),
  );
  for (const each of measures)
    run.fact(each.name, `recall ${each.recall ?? 'not used'}, ${each.milliseconds ?? '-'} ms, ${each.bytes} bytes`);
  saga.register(`give ${name} its name back`, () => activity('insist', 'swapVectorIndexesBack', 'names back', ref));
  await run.step('swap names', () => activity('try', 'swapVectorIndexes', 'one short transaction', ref));
  await run.step('statistics', () => activity('try', 'analyzeTable', `ANALYZE ${ref.plan.table}`, ref));
}
