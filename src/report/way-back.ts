import type { Ledger, LedgerEntry } from '../migration/ledger';
import type { PhaseProgress } from '../migration/progress';

/** The phase that is under way, or the last one that began. */
export function currentPhase(phases: readonly PhaseProgress[]): PhaseProgress | undefined {
  return phases.findLast((phase) => phase.state !== 'planned');
}

/** The entry of the rollback ledger that holds at this moment of the phase. */
export function currentEntry(phase: PhaseProgress): LedgerEntry | undefined {
  return phase.ledger?.entries.at(stage(phase, phase.ledger));
}

function stage(phase: PhaseProgress, { entries }: Ledger): number {
  if (phase.outageMs !== undefined) return entries.length - 1;
  return phase.steps.some((step) => step.name === 'outage' && step.state !== 'undone') ? 1 : 0;
}
