import type { PhaseProgress } from '../src/migration/progress';
import type { Outage } from '../sandbox/outage-clock';

/** What the writers saw, put beside what the migration did. */
export interface SeenOutages {
  /** Milliseconds by name of the phase; phases in which the writers saw none are absent. */
  byPhase: Map<string, number>;
  /** Times without writes that no phase's outage explains. */
  others: Outage[];
}

/** A workflow's clock stands still within a task, so its moments are off by as much as a task takes. */
const TOLERANCE_MS = 1_000;

/** Gives each time without writes to the phase whose step `outage` it falls into. */
export function seenOutages(outages: readonly Outage[], phases: readonly PhaseProgress[]): SeenOutages {
  const byPhase = new Map<string, number>();
  const others: Outage[] = [];
  for (const outage of outages) {
    const phase = phases.find((each) => covers(each, outage));
    if (phase) byPhase.set(phase.name, (byPhase.get(phase.name) ?? 0) + outage.ms);
    else others.push(outage);
  }
  return { byPhase, others };
}

function covers(phase: PhaseProgress, { from, to }: Outage): boolean {
  return phase.steps
    .filter((step) => step.name === 'outage')
    .some(
      ({ startedAt, durationMs = Infinity }) =>
        from.getTime() <= startedAt + durationMs + TOLERANCE_MS && to.getTime() >= startedAt - TOLERANCE_MS,
    );
}
