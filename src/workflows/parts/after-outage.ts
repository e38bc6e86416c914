import { isCancellation } from '@temporalio/workflow';
import type { ComparisonSummary } from '../../activities/upgrade';
import type { Remark } from '../../migration/progress';
import { activity } from './activities';
import { afterStep, type AfterStep } from './after-step';
import { reason } from './failures';
import { RollbackAsked } from './migration';
import type { OpenedPhase } from './phase-run';
import { rebuildSteps, stopSteps, synchronousSteps } from './standbys';

/** A step that failed after the new server was opened; it is tried again at every look until it succeeds. */
export interface OpenStep {
  name: string;
  detail: string;
}

/** What follows the outage: groups in their order, each with how many of its steps run at once. */
function groups(run: OpenedPhase): { steps: AfterStep[]; atOnce: number }[] {
  const { ref, label, migration } = run;
  const { atOnce } = migration.input.standbys;
  return [
    one(
      'put back what pg_upgrade forgets',
      () => activity('try', 'putBackForgotten', `${label}: put back what pg_upgrade forgets`, ref),
      (count) => `${count} things`,
    ),
    { steps: stopSteps(run), atOnce: Infinity },
    one('service at boot', () => activity('try', 'handOverService', `${label}: start at boot`, ref)),
    one(
      'statistics',
      () => activity('try', 'refreshStatistics', `${label}: statistics`, ref),
      (seen) => `${seen.databases} databases, ${seen.parents} partitioned parents, ${seen.extended} extended`,
    ),
    one(
      'extension updates',
      () => activity('try', 'updateExtensions', `${label}: extension updates`, ref),
      ({ updated, left }) => `${updated.length} updated, ${left.length} left as they are`,
    ),
    { steps: rebuildSteps(run), atOnce: atOnce === 'all' ? Infinity : atOnce },
    { steps: synchronousSteps(run), atOnce: 1 },
    one(
      'comparison',
      () => compare(run),
      ({ passed, failed }) => `${passed} passed, ${failed.length} failed`,
    ),
  ];
}

function one<T>(...step: Parameters<typeof afterStep<T>>): { steps: AfterStep[]; atOnce: number } {
  return { steps: [afterStep(...step)], atOnce: 1 };
}

/** What follows the outage never ends the phase: what fails is kept open for the gate. */
export async function afterOutage(run: OpenedPhase): Promise<OpenStep[]> {
  const open: OpenStep[] = [];
  try {
    for (const { steps, atOnce } of groups(run)) await inLanes(steps, atOnce, (step) => attempt(run, step, open));
  } catch (error) {
    if (!(error instanceof RollbackAsked)) throw error;
  }
  return open;
}

async function inLanes(steps: AfterStep[], atOnce: number, work: (step: AfterStep) => Promise<void>): Promise<void> {
  const waiting = [...steps];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, steps.length) }, lane));
}

async function attempt(run: OpenedPhase, { name, work, tell }: AfterStep, open: OpenStep[]): Promise<void> {
  try {
    await run.migration.step(run.phase, name, work, tell);
  } catch (error) {
    if (error instanceof RollbackAsked || isCancellation(error)) throw error;
    open.push({ name, detail: reason(error) });
  }
}

/** Tries an open step once more. */
export async function again(run: OpenedPhase, name: string): Promise<void> {
  const steps = groups(run).flatMap((group) => group.steps);
  await steps.find((step) => step.name === name)!.work();
}

async function compare({ migration, phase, ref, label }: OpenedPhase): Promise<ComparisonSummary> {
  await activity('try', 'takeEvidence', `${label}: evidence after`, {
    phase: ref,
    when: 'after',
    checksums: migration.input.checksums,
  });
  const comparison = await activity('try', 'compareEvidence', `${label}: comparison`, ref);
  phase.checks.passed += comparison.passed;
  phase.checks.failed += comparison.failed.length;
  phase.differences = comparison.failed.map(({ name, detail }): Remark => ({
    check: name,
    object: '',
    seen: detail,
    action: 'Look at comparison.json in the phase directory; accept the alarm "comparison" by name, or roll back.',
  }));
  return comparison;
}
