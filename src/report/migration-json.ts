import type { PhaseProgress, Progress } from '../migration/progress';
import { outageSentence } from './outage';

/** A migration's report for programs: everything the query `progress` holds, with the outage's sentence for each phase. */
export interface MigrationReport extends Omit<Progress, 'phases'> {
  phases: (PhaseProgress & { outage: string })[];
  checks: { passed: number; failed: number };
}

/** The report as plain data, ready to be written as JSON. */
export function migrationJson(progress: Progress): MigrationReport {
  const sum = (pick: (phase: PhaseProgress) => number): number =>
    progress.phases.reduce((total, phase) => total + pick(phase), 0);
  return {
    ...progress,
    phases: progress.phases.map((phase) => ({ ...phase, outage: outageSentence(phase) })),
    checks: { passed: sum(({ checks }) => checks.passed), failed: sum(({ checks }) => checks.failed) },
  };
}
