import type { StepMigrationInput } from '../../migration/input';
import { ledger } from '../../migration/ledger';
import type { PhaseProgress, StandbyProgress } from '../../migration/progress';
import type { SoakSample } from '../../migration/soak';
import { activity } from './activities';
import { afterStep, type AfterStep } from './after-step';
import { invalidInput } from './failures';
import type { OpenedPhase, PhaseRun } from './phase-run';

/** @throws ApplicationFailure InvalidInput when the inventory has no standby of the name that is to be retained. */
export function checkRetained({ standbys: { retain } }: StepMigrationInput, names: readonly string[] = []): void {
  if (retain === undefined || names.includes(retain)) return;
  throw invalidInput(
    `standbys.retain: the inventory has no standby "${retain}" of this cluster. It has: ${names.join(', ') || 'none'}.`,
  );
}

/** Names of the standbys that the phase has to do with. */
export function phaseStandbys(phase: PhaseProgress): string[] {
  return (phase.standbys ?? []).map(({ name }) => name);
}

/** The look before the outage without a standby that is retained: it is expected not to replicate any more. */
export function withoutRetained(baseline: SoakSample, phase: PhaseProgress): SoakSample {
  const retained = phase.standbys?.find(({ state }) => state === 'retained')?.applicationName;
  const standbys = baseline.cursor?.standbys;
  const at = retained === undefined ? -1 : (standbys?.indexOf(retained) ?? -1);
  if (at < 0) return baseline;
  return { ...baseline, cursor: { ...baseline.cursor, standbys: standbys?.filter((_, index) => index !== at) } };
}

/** A standby that the phase before retained is rebuilt in the version that serves; its old directory stays as it is. */
export async function rebuildRetained({ migration, phase, label }: PhaseRun): Promise<void> {
  const { phases } = migration.progress;
  const before = phases[phases.indexOf(phase) - 1];
  const retained = before?.standbys?.find(({ state }) => state === 'retained');
  if (!before || !retained) return;
  const ref = { cluster: migration.input.cluster, migration: migration.tag, from: before.from, to: before.to };
  const input = { phase: { ...ref, directory: before.directory! }, standby: retained.name };
  await migration.step(
    phase,
    `rebuild ${retained.name}, which ${before.name} retained`,
    () => activity('try', 'rebuildStandby', `${label}: rebuild ${retained.name}`, input),
    ({ bytes }) => `${bytes} bytes`,
  );
}

/** Makes ready on every standby's host what its rebuild needs, while the old one still serves. */
export async function prepareStandbys({ migration, phase, saga, label, ref }: OpenedPhase): Promise<void> {
  const { standbys: names = [] } = migration.progress;
  if (names.length === 0) return;
  const settings = migration.input.settings[String(phase.to)] ?? {};
  phase.standbys = names.map((name) => ({ name, state: 'serving' }));
  for (const state of phase.standbys) {
    const standby = state.name;
    saga.register(`remove what was prepared for standby ${standby}`, () =>
      activity('insist', 'discardStandby', `${label}: discard for ${standby}`, { phase: ref, standby }),
    );
    await migration.step(
      phase,
      `prepare standby ${standby}`,
      () => activity('try', 'prepareStandby', `${label}: prepare ${standby}`, { phase: ref, standby, settings }),
      (changes) => `${changes.length} settings changed on the way`,
    );
    state.state = 'prepared';
  }
}

/** Ends the old standbys, so that nobody reads what the old primary held at its stop as if it were now. */
export function stopSteps(run: OpenedPhase): AfterStep[] {
  return (run.phase.standbys ?? []).map((state) =>
    afterStep(
      `stop standby ${state.name}`,
      () => stop(run, state),
      ({ checkpoint, atTheStop }) =>
        `at ${checkpoint}, ${atTheStop ? 'the stop of the primary' : 'behind the primary'}`,
    ),
  );
}

async function stop({ migration, phase, ref, label }: OpenedPhase, state: StandbyProgress) {
  const { name } = state;
  const retained = migration.input.standbys.retain === name;
  const stopped = await activity('try', 'stopStandby', `${label}: stop ${name}`, { phase: ref, standby: name });
  state.applicationName = stopped.applicationName;
  state.state = retained ? 'retained' : 'stopped';
  if (!retained || stopped.atTheStop) return stopped;
  phase.ledger = ledger(phase.name, phase.mode!, { names: phaseStandbys(phase) });
  throw new NoWayBack(
    `standby ${name} stopped at ${stopped.checkpoint}, not where the primary did: it is no way back, and a rollback goes the way ` +
      'that the ledger says now. Accept this alarm by name, or roll back.',
  );
}

/** The retained standby does not hold what the primary held. It is shown at the gate. */
class NoWayBack extends Error {
  override name = 'NoWayBack';
}

/** Rebuilds the standbys, all but the retained one. */
export function rebuildSteps(run: OpenedPhase): AfterStep[] {
  const { retain } = run.migration.input.standbys;
  return (run.phase.standbys ?? [])
    .filter(({ name }) => name !== retain)
    .map((state) =>
      afterStep(
        `rebuild standby ${state.name}`,
        () => rebuild(run, state),
        (bytes) => `${bytes} bytes, streams`,
      ),
    );
}

/** Makes replication synchronous again, where the phase held it off. */
export function synchronousSteps({ phase, ref, label }: OpenedPhase): AfterStep[] {
  if (!phase.configurationChanges.some(({ kind }) => kind === 'held off')) return [];
  return [
    afterStep(
      'synchronous replication',
      () => activity('once', 'putBackSynchronous', `${label}: synchronous replication`, ref),
      (names) => `synchronous_standby_names is "${names}" again`,
    ),
  ];
}

async function rebuild({ ref, label }: OpenedPhase, state: StandbyProgress): Promise<number> {
  const startedAt = Date.now();
  state.state = 'rebuilding';
  const input = { phase: ref, standby: state.name };
  try {
    const { bytes } = await activity('try', 'rebuildStandby', `${label}: rebuild ${state.name}`, input);
    Object.assign(state, { state: 'streaming', bytes, rebuildMs: Date.now() - startedAt });
    return bytes;
  } catch (error) {
    state.state = 'failed';
    throw error;
  }
}
