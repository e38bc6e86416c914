import { heldDirectories, type Held } from '../backup-directory';
import type { Cluster } from '../cluster';
import { PHASE_FILES, type PhaseRecord } from './phase-files';

/** A phase that the host still holds the way back of. */
export type HeldPhase = Held<PhaseRecord>;

/** Marker of a phase whose old data and backup were deleted on purpose. */
export const FINALIZED = 'finalized';

/** The completed phases of the cluster that can still be rolled back, oldest first. */
export function heldPhases(cluster: Cluster): Promise<HeldPhase[]> {
  return heldDirectories<PhaseRecord>(cluster, {
    names: 'upgrade_*',
    record: PHASE_FILES.record,
    there: PHASE_FILES.opened,
    notThere: [FINALIZED, PHASE_FILES.onStandby],
  });
}
