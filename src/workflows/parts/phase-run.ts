import type { PhaseRef } from '../../migration/phase';
import type { PhaseProgress } from '../../migration/progress';
import type { Migration } from './migration';
import type { Saga } from './saga';

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
