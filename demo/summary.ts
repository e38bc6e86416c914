import type { WriteCheck } from '../sandbox/writers';
import type { PhaseProgress, Progress } from '../src/migration/progress';
import { migrationJson } from '../src/report/migration-json';
import type { SeenOutages } from './outages';

/** The demo's result, as `--json` writes it. What is not known is null. */
export interface Summary {
  outcome: Progress['outcome'];
  phases: {
    from: number;
    to: number;
    mode: string | null;
    /** As the writers saw it. */
    outageMs: number | null;
    predictedOutageMs: number | null;
    durationMs: number | null;
  }[];
  writes: { acknowledged: number; missing: number | null };
  checks: { passed: number; failed: number };
}

/** What was seen of one migration from outside. */
export interface Seen {
  outages: SeenOutages;
  acknowledged: number;
  /** Absent when no server was there to be asked. */
  check?: WriteCheck;
}

/** Puts the result together. Without progress the migration did not even begin. */
export function summarize(progress: Progress | undefined, { outages, acknowledged, check }: Seen): Summary {
  const phase = ({
    name,
    from,
    to,
    mode,
    predictedOutageMs,
    durationMs,
  }: PhaseProgress): Summary['phases'][number] => ({
    from,
    to,
    mode: mode ?? null,
    outageMs: rounded(outages.byPhase.get(name)),
    predictedOutageMs: rounded(predictedOutageMs),
    durationMs: rounded(durationMs),
  });
  return {
    outcome: progress?.outcome ?? 'failed',
    phases: (progress?.phases ?? []).map(phase),
    writes: { acknowledged: check?.acknowledged ?? acknowledged, missing: check?.missing ?? null },
    checks: progress ? migrationJson(progress).checks : { passed: 0, failed: 0 },
  };
}

function rounded(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms);
}

/** Whether everything held: the migration completed, no acknowledged write is missing, no check failed. */
export function held({ outcome, writes, checks }: Summary): boolean {
  return outcome === 'completed' && writes.missing === 0 && checks.failed === 0;
}
