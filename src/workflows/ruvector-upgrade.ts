import { CancellationScope } from '@temporalio/workflow';
import type { z } from 'zod';
import type { RuvectorInspection } from '../activities/ruvector';
import { FAILURE } from '../migration/failures';
import {
  ruvectorChecklistInput,
  ruvectorRollbackInput,
  ruvectorUpgradeInput,
  type RuvectorUpgradeInput,
} from '../migration/ruvector';
import { missedPrediction, type VectorProgress } from '../migration/ruvector-progress';
import type { ChecklistLine } from '../ruvector/checklist/run';
import type { UpgradeRef } from '../ruvector/files';
import type { UpgradePlan } from '../ruvector/plan';
import { activity } from './parts/activities';
import { blocked, failure, invalidInput, parseInput, plainly } from './parts/failures';
import { runTag, underOwnId, type StartedElsewhere } from './parts/identity';
import { Saga } from './parts/saga';
import { VectorRun } from './parts/vector-run';

const WAY_BACK = 'rollback.sh in the directory, or ruvectorRollback: nothing is lost, vectors written since stay';

/** Says what an upgrade of the extension would do and what stands in its way; changes nothing. */
export async function ruvectorPlan(raw: unknown): Promise<RuvectorInspection> {
  const input = parseInput(ruvectorUpgradeInput, raw);
  return plainly(activity('try', 'inspectRuvector', `look at ${input.database}`, input));
}

/** Runs the checklist "RuVector 0.1 → 2.0" and records sign-offs; the database is only read. */
export async function ruvectorChecklist(raw: unknown): Promise<ChecklistLine[]> {
  const input = parseInput(ruvectorChecklistInput, raw);
  return plainly(activity('try', 'runRuvectorChecklist', `checklist of ${input.database}`, input));
}

/**
 * Takes the vector extension of one database to another version: `{"cluster": "orders", "database": "app", "to": "2.0.0"}`.
 *
 *  1. inspect: catalog, vectors, a try on a scratch server with empty tables; blockers end it, nothing was touched
 *  2. open the directory: scripts there and back, rollback.sh
 *  3. evidence before, backup of the tables, rehearsal there and back on a copy of it
 *  4. maintenance window
 *  5. the conversion, one transaction in one job on the host
 *  6. new indexes, concurrently; statistics
 *  7. evidence after, comparison
 *
 * From the conversion on, whatever fails is undone by rollback.sh, which loses nothing.
 */
export async function ruvectorUpgrade(raw: unknown): Promise<VectorProgress | StartedElsewhere> {
  const input = parseInput(ruvectorUpgradeInput, raw);
  return (await underOwnId(input.cluster, raw)) ?? plainly(upgrade(input));
}

async function upgrade(input: RuvectorUpgradeInput): Promise<VectorProgress> {
  const run = new VectorRun(input.cluster, input.database, WAY_BACK);
  const saga = new Saga();
  const { postgres, plan } = await look(run, input);
  try {
    const ref = await prepare(run, input, postgres, plan);
    if (input.window === 'wait') await run.maintenanceWindow(input.cluster);
    await convert(run, saga, ref, plan);
    await finish(run, ref, input, plan);
  } catch (error) {
    return run.undo(saga, error, `Extension ${plan.extension.name} of ${input.database} is ${plan.extension.version}.`);
  }
  run.progress.outcome = 'completed';
  run.say(
    `${plan.extension.name} of ${input.database} is ${plan.to}`,
    `To go back: pgpassage ruvector-rollback ${input.cluster} --database ${input.database}`,
  );
  return run.progress;
}

async function look(run: VectorRun, input: RuvectorUpgradeInput): Promise<{ postgres: number; plan: UpgradePlan }> {
  const { postgres, plan, warnings, blockers } = await run.step(
    'inspect',
    () => activity('try', 'inspectRuvector', `look at ${input.database}`, input),
    (seen) => `${seen.plan?.strategy ?? 'no plan'}; ${seen.warnings.length} warnings, ${seen.blockers.length} blockers`,
  );
  if (blockers.length > 0 || !plan) throw blocked(`${input.database} → ${input.to}`, blockers);
  run.progress.warnings = warnings.map(({ check, object, seen, action }) => ({ check, object, seen, action }));
  run.fact('strategy', plan.strategy);
  run.fact('from', plan.extension.version);
  run.fact('to', plan.to);
  run.fact('what waits', plan.unavailable);
  // By a sample of the rows; the rehearsal, where there is one, knows better.
  if (plan.prediction)
    run.progress.wait.predicted = { writesMs: plan.prediction.writesMs, readsMs: plan.prediction.readsMs };
  return { postgres, plan };
}

async function prepare(
  run: VectorRun,
  input: RuvectorUpgradeInput,
  postgres: number,
  plan: UpgradePlan,
): Promise<UpgradeRef> {
  const { cluster, database } = input;
  const migration = runTag();
  const startedAt = new Date(Date.now()).toISOString();
  const { directory } = await run.step('open the directory', () =>
    activity('try', 'openRuvectorUpgrade', 'scripts and rollback.sh', {
      cluster,
      database,
      postgres,
      migration,
      startedAt,
      plan,
    }),
  );
  run.progress.directory = directory;
  const ref = { cluster, migration, directory };
  await evidence(run, ref, 'before');
  await run.step(
    'backup',
    () => activity('try', 'backUpVectors', 'backup of the tables with vectors', ref),
    (said) => said,
  );
  if (input.rehearse) {
    const { writesMs, readsMs } = await run.step(
      'rehearsal',
      () => activity('try', 'rehearseRuvector', 'there and back on a copy of the backup', ref),
      (seen) => `writes will wait ${seen.writesMs} ms, reads ${seen.readsMs} ms`,
    );
    run.progress.wait.predicted = { writesMs, readsMs };
  }
  return ref;
}

async function evidence(run: VectorRun, ref: UpgradeRef, when: 'before' | 'after'): Promise<void> {
  await run.step(
    `evidence ${when}`,
    () => activity('try', 'takeVectorEvidence', `evidence ${when}`, { ref, when }),
    ({ tables, rows, indexes }) => `${rows} rows of ${tables} tables, ${indexes.length} vector indexes measured`,
  );
}

async function convert(run: VectorRun, saga: Saga, ref: UpgradeRef, plan: UpgradePlan): Promise<void> {
  saga.register(`${plan.extension.name} back to ${plan.extension.version}`, () =>
    activity('insist', 'rollBackRuvector', `back to ${plan.extension.version}`, {
      ref,
      by: 'pgpassage (a later step failed)',
    }),
  );
  const measured = await run.step(
    'conversion',
    // Cancelling waits: the transaction ends within what was predicted, and the compensation knows what to do then.
    () =>
      CancellationScope.nonCancellable(() =>
        activity('try', 'convertRuvector', `CONVERSION to ${plan.to} (${plan.strategy})`, ref),
      ),
    ({ already, writesMs, readsMs }) => (already ? 'was done' : `writes waited ${writesMs} ms, reads ${readsMs} ms`),
  );
  if (!measured.already) run.progress.wait.measured = { writesMs: measured.writesMs, readsMs: measured.readsMs };
  run.progress.wait.missed = missedPrediction(run.progress.wait);
}

async function finish(run: VectorRun, ref: UpgradeRef, input: RuvectorUpgradeInput, plan: UpgradePlan): Promise<void> {
  for (const { identity, method } of plan.indexes) {
    await run.step(
      `index ${identity}`,
      () => activity('try', 'buildUpgradedIndex', `build ${identity} (${method})`, { ref, index: identity }),
      () => method,
    );
  }
  await run.step('statistics', () => activity('try', 'analyzeVectorTables', 'ANALYZE', ref));
  await evidence(run, ref, 'after');
  const checks = await run.step(
    'comparison',
    () => activity('try', 'compareVectors', 'before and after', { ref, recallLoss: input.recallLoss }),
    (all) => `${all.filter(({ outcome }) => outcome === 'passed').length} of ${all.length} passed`,
  );
  run.progress.checks = checks;
  const failed = checks.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0)
    throw failure(FAILURE.vectorsDiffer, failed.map(({ name, detail }) => `${name}: ${detail}`).join('; '));
}

/** Goes back to the version that the newest upgrade of a database came from, from what it left on the host. */
export async function ruvectorRollback(raw: unknown): Promise<{ version: string; said: string } | StartedElsewhere> {
  const input = parseInput(ruvectorRollbackInput, raw);
  return (await underOwnId(input.cluster, raw)) ?? plainly(goBack(input));
}

async function goBack(input: z.infer<typeof ruvectorRollbackInput>): Promise<{ version: string; said: string }> {
  const { cluster, database, extension, by } = input;
  const held = await activity('try', 'heldRuvectorUpgrades', 'upgrades that can be taken back', {
    cluster,
    database,
    extension,
  });
  const newest = held.upgrades.findLast(({ to }) => to === held.installed);
  if (!newest) {
    const known = held.upgrades.map(({ from, to }) => `${from} → ${to}`).join(', ') || 'none';
    throw invalidInput(
      `database: ${extension} of "${database}" is ${held.installed}, and the host holds no upgrade that led there. Held: ${known}.`,
    );
  }
  const ref = { cluster, migration: runTag(), directory: newest.directory };
  const said = await activity('insist', 'rollBackRuvector', `${newest.to} → ${newest.from}`, { ref, by });
  return { version: newest.from, said };
}
