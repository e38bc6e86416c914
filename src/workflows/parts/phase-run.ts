import type { PhaseRef } from '../../migration/phase';
import type { PhaseProgress } from '../../migration/progress';
import type { Migration } from './migration';
import { Saga } from './saga';

/** What the steps of one phase share. */
export interface PhaseRun {
  migration: Migration;
  phase: PhaseProgress;
  saga: Saga;
  /** `15 → 16`, for summaries. */
  label: string;
}

/** The same once the phase has its directory on the host. */
export interface OpenedPhase extends PhaseRun {
  ref: PhaseRef;
}

/** A phase at its beginning. */
export function phaseRun(migration: Migration, phase: PhaseProgress): PhaseRun {
  return { migration, phase, saga: new Saga(), label: `${phase.from} → ${phase.to}` };
}

/** A phase that has its directory, as activities are told of it. */
export function phaseRef(migration: Migration, { from, to, directory }: PhaseProgress): PhaseRef {
  return { cluster: migration.input.cluster, migration: migration.tag, from, to, directory: directory! };
}
