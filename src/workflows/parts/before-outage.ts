import { condition } from '@temporalio/workflow';
import type { PreflightSummary } from '../../activities/look';
import { phaseStamp } from '../../migration/phase';
import type { PhaseProgress } from '../../migration/progress';
import { activity } from './activities';
import { blocked } from './failures';
import { RollbackAsked } from './migration';
import { phaseRef, type OpenedPhase, type PhaseRun } from './phase-run';

/** Installs the target's packages before anything else, so that all that follows has its programs. Nothing undoes it: they harm nobody. */
export async function installPackages({ migration, phase, label }: PhaseRun): Promise<void> {
  const { cluster } = migration.input;
  const ref = { cluster, migration: migration.tag, from: phase.from, to: phase.to };
  await migration.step(
    phase,
    'packages',
    () => activity('try', 'installPackages', `${label}: packages`, ref),
    (told) => told,
  );
}

/** Chooses how the files are carried over; with it the rollback ledger is known. */
export async function choose({ migration, phase, label }: PhaseRun): Promise<void> {
  const { cluster, mode } = migration.input;
  const chosen = await migration.step(
    phase,
    'choose the mode',
    () => activity('try', 'chooseMode', `${label}: choose the mode`, { cluster, from: phase.from, to: phase.to, mode }),
    (answer) => answer.mode,
  );
  migration.choose(phase, chosen.mode, chosen.why);
}

/** Runs every check. @throws ApplicationFailure PreflightBlocked with every blocker in words; nothing was touched. */
export async function preflight({ migration, phase, label }: PhaseRun): Promise<void> {
  const { cluster, accept, drain } = migration.input;
  const input = { cluster, from: phase.from, to: phase.to, mode: phase.mode!, accept, drain };
  const found = await migration.step(
    phase,
    'pre-flight',
    () => activity('try', 'preflight', `${label}: pre-flight`, input),
    ({ passed, warnings, blockers }) => `${passed} passed, ${warnings.length} warnings, ${blockers.length} blockers`,
  );
  takePreflight(phase, found);
  if (found.blockers.length > 0) throw blocked(label, found.blockers);
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

/** Makes the phase's directory with record and rollback.sh. */
export async function openPhase(run: PhaseRun): Promise<OpenedPhase> {
  const { migration, phase, label } = run;
  const { cluster } = migration.input;
  const startedAt = new Date(Date.now()).toISOString();
  const name = `upgrade_${phase.from}_to_${phase.to}_${phaseStamp(startedAt)}`;
  const { retain } = migration.input.standbys;
  const standbys = migration.progress.standbys ?? [];
  const beginning = {
    from: phase.from,
    to: phase.to,
    mode: phase.mode!,
    migration: migration.tag,
    startedAt,
    standbys,
    retain,
  };
  const { directory } = await migration.step(phase, 'open the phase', () =>
    activity('try', 'openPhase', `${label}: record and rollback.sh`, { cluster, name, ...beginning }),
  );
  phase.directory = directory;
  return { ...run, ref: phaseRef(migration, phase) };
}

/** Takes the evidence that the comparison starts from. */
export async function evidenceBefore({ migration, phase, label, ref }: OpenedPhase): Promise<void> {
  const { checksums } = migration.input;
  await migration.step(
    phase,
    'evidence before',
    () => activity('try', 'takeEvidence', `${label}: evidence before`, { phase: ref, when: 'before', checksums }),
    ({ tables, rows }) => `${rows} rows of ${tables} tables`,
  );
}

/** Takes a verified base backup; from here on the server keeps its WAL up to the stop. */
export async function backUp({ migration, phase, saga, label, ref }: OpenedPhase): Promise<void> {
  saga.register('let the server recycle its WAL again', () =>
    activity('insist', 'releaseWal', `${label}: release WAL`, ref),
  );
  await migration.step(phase, 'base backup', () => activity('make', 'takeBackup', `${label}: base backup`, ref));
}

/** Makes the target's data directory with the translated configuration. */
export async function prepare({ migration, phase, saga, label, ref }: OpenedPhase): Promise<void> {
  const settings = migration.input.settings[String(phase.to)] ?? {};
  saga.register('remove the prepared target', () =>
    activity('insist', 'discardTarget', `${label}: remove the prepared target`, ref),
  );
  phase.configurationChanges = await migration.step(
    phase,
    'prepare the target',
    () => activity('make', 'prepareTarget', `${label}: initdb and configuration`, { phase: ref, settings }),
    (changes) => `${changes.length} settings changed on the way`,
  );
}

/** Upgrades a clone of the backup, where the plan wants it; gives the predicted outage. */
export async function rehearse({ migration, phase, label, ref }: OpenedPhase): Promise<void> {
  if (!migration.input.rehearse) return;
  const rehearsal = await migration.step(
    phase,
    'rehearsal',
    () => activity('make', 'rehearse', `${label}: rehearsal on a clone`, ref),
    ({ outageMs }) => `predicted outage ${outageMs} ms`,
  );
  phase.predictedOutageMs = rehearsal.outageMs;
}

/** Makes sure that clients can be held back for the drain and the predicted outage. @throws ApplicationFailure PreflightBlocked */
export async function checkClients({ migration, phase, label }: OpenedPhase): Promise<void> {
  const { cluster, drain, accept } = migration.input;
  const { from, to, predictedOutageMs } = phase;
  await migration.step(
    phase,
    'clients',
    () => activity('try', 'checkClients', `${label}: clients`, { cluster, from, to, drain, accept, predictedOutageMs }),
    (told) => told,
  );
}

/** Waits until the maintenance window is open and has room for the predicted outage. */
export async function maintenanceWindow({ migration, phase, label }: OpenedPhase): Promise<void> {
  if (migration.input.window === 'ignore') return;
  const { cluster } = migration.input;
  await migration.step(phase, 'maintenance window', async () => {
    for (;;) {
      const next = await activity('try', 'windowOpensAt', 'maintenance window', { cluster });
      const now = Date.now();
      if (!next || (next.opensAt <= now && next.closesAt - now >= (phase.predictedOutageMs ?? 0))) return;
      // A window that closes before the outage would end is waited out.
      const until = next.opensAt > now ? next.opensAt : next.closesAt;
      const words = new Date(until).toISOString();
      const what =
        next.opensAt > now ? `opens at ${words}` : `is too short by now for the outage and closes at ${words}`;
      migration.say(
        `${label} is prepared; the maintenance window ${what}`,
        'Nothing to do; rollback to give the phase up.',
      );
      await condition(() => migration.rollbackAsked !== undefined, until - now, { summary: `window ${what}` });
      if (migration.rollbackAsked) throw new RollbackAsked();
    }
  });
}
