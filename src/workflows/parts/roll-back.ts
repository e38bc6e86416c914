import type { PhaseRef } from '../../migration/phase';
import { activity } from './activities';
import { reason } from './failures';

/** Who takes a phase back, and what else has to know of it. */
export interface TakingBack {
  by: string;
  /** Names of the phase's standbys. */
  standbys: readonly string[];
  note: (text: string) => void;
}

/**
 * Takes one phase back: the primary first, so that clients are served, then its standbys. One that does not come back is
 * told and holds nothing up.
 */
export async function rollBackPhase(phase: PhaseRef, { by, standbys, note }: TakingBack): Promise<void> {
  const label = `${phase.to} → ${phase.from}`;
  const input = { phase, acceptLoss: true, by };
  const { said, short, servesOn } = await activity('insist', 'rollBackPhase', `roll back ${label}`, input);
  note(said);
  if (servesOn) return;
  for (const standby of standbys) {
    try {
      const back = await activity('try', 'rollBackStandby', `roll back ${label}: standby ${standby}`, {
        ...{ phase, standby, short },
      });
      note(`standby ${standby} on PostgreSQL ${phase.from}: ${back.outcome} (${back.why})`);
    } catch (error) {
      note(`standby ${standby} did not come back on PostgreSQL ${phase.from}: ${reason(error)}`);
    }
  }
}
