import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import type { PreflightSummary } from '../../activities/look';
import type { ComparisonSummary } from '../../activities/upgrade';
import { lossOf } from '../../migration/ledger';
import type { PhaseRef } from '../../migration/phase';
import type { PhaseProgress, Remark } from '../../migration/progress';
import type { SoakSample } from '../../migration/soak';
import { activity } from './activities';
import { blocked, reason } from './failures';
import type { OpenStep, PhaseOutcome } from './gate';
import { RollbackAsked, type Migration } from './migration';
import { sample } from './sample';
import { Saga } from './saga';

/**
 * One upgrade phase.
 *
 *  1. choose how the files are carried over, and with it the rollback ledger
 *  2. pre-flight: every check; blockers end the phase, nothing was touched
 *  3. open the phase's directory: record, rollback.sh
 *  4. evidence before
 *  5. base backup, verified; from here the server keeps its WAL
 *  6. prepare the target: initdb, configuration
 *  7. rehearse on a clone of the backup
 *  8. wait for the maintenance window
 *  9. the outage, one job on the host
 * 10. put back what pg_upgrade forgot, statistics, extensions, evidence after, comparison
 *
 * Until the outage has ended well everything is undone by itself when something fails. Afterwards the new server serves
 * and nothing is: steps that fail are tried again at the gate, and the operator decides.
 */
export async function runPhase(migration: Migration, phase: PhaseProgress): Promise<PhaseOutcome> {
  const saga = new Saga();
  phase.state = 'running';
  phase.startedAt = Date.now();
  try {
    const ref = await upToTheOutage(migration, phase, saga);
    const baseline = await sampleBefore(migration, phase);
    await outage(migration, phase, ref, saga);
    const open = await afterwards(migration, phase, ref);
    phase.durationMs = Date.now() - phase.startedAt;
    return { open, baseline };
  } catch (error) {
    phase.state = error instanceof RollbackAsked || isCancellation(error) ? 'rolled back' : 'failed';
    await saga.compensate((name) => phase.steps.push({ name, state: 'undone', startedAt: Date.now() }));
    throw error;
  }
}

async function upToTheOutage(migration: Migration, phase: PhaseProgress, saga: Saga): Promise<PhaseRef> {
  const { input } = migration;
  const hop = { cluster: input.cluster, from: phase.from, to: phase.to };
  const label = `${phase.from} → ${phase.to}`;

  const chosen = await migration.step(
    phase,
    'choose the mode',
    () => activity('try', 'chooseMode', `${label}: choose the mode`, { ...hop, mode: input.mode }),
    ({ mode }) => mode,
  );
  migration.choose(phase, chosen.mode, chosen.why);

  const preflight = await migration.step(
    phase,
    'pre-flight',
    () => activity('try', 'preflight', `${label}: pre-flight`, { ...hop, mode: chosen.mode, accept: input.accept }),
    ({ passed, warnings, blockers }) => `${passed} passed, ${warnings.length} warnings, ${blockers.length} blockers`,
  );
  takePreflight(phase, preflight);
  if (preflight.blockers.length > 0) throw blocked(label, preflight.blockers);

  const startedAt = new Date(Date.now()).toISOString();
  const name = `upgrade_${phase.from}_to_${phase.to}_${startedAt.replace(/\D/g, '').slice(0, 14)}`;
  const { directory } = await migration.step(phase, 'open the phase', () =>
    activity('try', 'openPhase', `${label}: record and rollback.sh`, {
      ...hop,
      name,
      mode: chosen.mode,
      migration: migration.tag,
      startedAt,
    }),
  );
  phase.directory = directory;
  const ref: PhaseRef = { ...hop, migration: migration.tag, directory };

  await migration.step(
    phase,
    'evidence before',
    () =>
      activity('try', 'takeEvidence', `${label}: evidence before`, {
        phase: ref,
        when: 'before',
        checksums: input.checksums,
      }),
    ({ tables, rows }) => `${rows} rows of ${tables} tables`,
  );

  saga.register('let the server recycle its WAL again', () =>
    activity('insist', 'releaseWal', `${label}: release WAL`, ref),
  );
  await migration.step(phase, 'base backup', () => activity('try', 'takeBackup', `${label}: base backup`, ref));

  saga.register('remove the prepared target', () =>
    activity('insist', 'discardTarget', `${label}: remove the prepared target`, ref),
  );
  phase.configurationChanges = await migration.step(
    phase,
    'prepare the target',
    () =>
      activity('try', 'prepareTarget', `${label}: initdb and configuration`, {
        phase: ref,
        settings: input.settings[String(phase.to)] ?? {},
      }),
    (changes) => `${changes.length} settings changed on the way`,
  );

  if (input.rehearse) {
    const rehearsal = await migration.step(
      phase,
      'rehearsal',
      () => activity('try', 'rehearse', `${label}: rehearsal on a clone`, ref),
      ({ outageMs }) => `predicted outage ${outageMs} ms`,
    );
    phase.predictedOutageMs = rehearsal.outageMs;
  }
  await window(migration, phase);
  return ref;
}

function takePreflight(phase: PhaseProgress, { passed, warnings, blockers }: PreflightSummary): void {
  phase.checks.passed += passed;
  phase.checks.failed += blockers.length;
  phase.warnings = warnings.map(({ check, database, object, seen, action }) => ({
    check,
    object: database ? `${object} (database ${database})` : object,
    seen,
    action,
  }));
}

async function sampleBefore(migration: Migration, phase: PhaseProgress): Promise<SoakSample> {
  return migration.step(phase, 'baseline of the soak', () =>
    sample('try', `${phase.from}: baseline of the soak`, migration.input, phase.from),
  );
}

async function window(migration: Migration, phase: PhaseProgress): Promise<void> {
  if (migration.input.window === 'ignore') return;
  await migration.step(phase, 'maintenance window', async () => {
    for (;;) {
      const next = await activity('try', 'windowOpensAt', 'maintenance window', { cluster: migration.input.cluster });
      if (!next || next.opensAt <= Date.now()) return;
      const opens = new Date(next.opensAt).toISOString();
      migration.say(
        `${phase.from} → ${phase.to} is prepared; the maintenance window opens at ${opens}`,
        'Nothing to do; rollback to give the phase up.',
      );
      await condition(() => migration.rollbackAsked !== undefined, next.opensAt - Date.now(), {
        summary: `window opens at ${opens}`,
      });
      if (migration.rollbackAsked) throw new RollbackAsked();
    }
  });
}

async function outage(migration: Migration, phase: PhaseProgress, ref: PhaseRef, saga: Saga): Promise<void> {
  const label = `${phase.from} → ${phase.to}`;
  const back = { phase: ref, acceptLoss: true, by: 'pgpassage (the outage failed)' };
  saga.register(`put PostgreSQL ${phase.from} back into service`, () =>
    activity('insist', 'rollBackPhase', `${label}: put ${phase.from} back`, back),
  );
  const result = await migration.step(
    phase,
    'outage',
    // Cancelling waits: a job that ends well or puts the old server back within minutes is safer than one cut in two.
    () =>
      CancellationScope.nonCancellable(() =>
        activity('insist', 'outage', `${label}: OUTAGE (stop, pg_upgrade, start)`, ref),
      ),
    ({ outageMs }) => `${outageMs} ms`,
  );
  saga.commit();
  phase.outageMs = result.outageMs;
  phase.predictionMissed = missed(phase.predictedOutageMs, result.outageMs);
  migration.progress.runningVersion = phase.to;
  forgetUnacceptedRollback(migration, phase);
}

/** A prediction is a promise: it is said when it was off by more than a fifth. */
function missed(predicted: number | undefined, measured: number): string | undefined {
  if (predicted === undefined || Math.abs(measured - predicted) <= predicted / 5) return undefined;
  return `the outage took ${measured} ms; ${predicted} ms were predicted, off by ${Math.round((100 * (measured - predicted)) / predicted)} %`;
}

/** A rollback asked for before the outage was free of loss; by now it is not, and the loss has to be named. */
function forgetUnacceptedRollback(migration: Migration, phase: PhaseProgress): void {
  const asked = migration.rollbackAsked;
  if (!asked || asked.accept.includes(lossOf(phase.name))) return;
  migration.rollbackAsked = undefined;
  migration.note(
    `the rollback that ${asked.by} asked for came too late to be free of loss: ${phase.to} serves. Ask again and accept "${lossOf(phase.name)}".`,
  );
}

/** What follows the outage never ends the phase: what fails is kept open for the gate. */
async function afterwards(migration: Migration, phase: PhaseProgress, ref: PhaseRef): Promise<OpenStep[]> {
  const label = `${phase.from} → ${phase.to}`;
  const open: OpenStep[] = [];
  const attempt = async <T>(name: string, work: () => Promise<T>, tell?: (result: T) => string) => {
    try {
      await migration.step(phase, name, work, tell);
    } catch (error) {
      if (error instanceof RollbackAsked || isCancellation(error)) throw error;
      open.push({ name, detail: reason(error), again: work });
    }
  };
  try {
    await attempt(
      'put back what pg_upgrade forgets',
      () => activity('try', 'putBackForgotten', `${label}: put back what pg_upgrade forgets`, ref),
      (count) => `${count} things`,
    );
    await attempt('service at boot', () => activity('try', 'handOverService', `${label}: start at boot`, ref));
    await attempt(
      'statistics',
      () => activity('try', 'refreshStatistics', `${label}: statistics`, ref),
      (result) => `${result.databases} databases, ${result.parents} partitioned parents, ${result.extended} extended`,
    );
    await attempt(
      'extension updates',
      () => activity('try', 'updateExtensions', `${label}: extension updates`, ref),
      ({ updated, left }) => `${updated.length} updated, ${left.length} left as they are`,
    );
    await attempt(
      'comparison',
      () => compare(migration, phase, ref),
      ({ passed, failed }) => `${passed} passed, ${failed.length} failed`,
    );
  } catch (error) {
    if (!(error instanceof RollbackAsked)) throw error;
  }
  return open;
}

async function compare(migration: Migration, phase: PhaseProgress, ref: PhaseRef): Promise<ComparisonSummary> {
  const label = `${phase.from} → ${phase.to}`;
  await activity('try', 'takeEvidence', `${label}: evidence after`, {
    phase: ref,
    when: 'after',
    checksums: migration.input.checksums,
  });
  const comparison = await activity('try', 'compareEvidence', `${label}: comparison`, ref);
  phase.checks.passed += comparison.passed;
  phase.checks.failed += comparison.failed.length;
  phase.differences = comparison.failed.map(({ name, detail }): Remark => ({
    check: name,
    object: '',
    seen: detail,
    action: 'Look at comparison.json in the phase directory; accept the alarm "comparison" by name, or roll back.',
  }));
  return comparison;
}
