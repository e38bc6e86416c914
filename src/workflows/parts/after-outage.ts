import { isCancellation } from '@temporalio/workflow';
import type { ComparisonSummary } from '../../activities/upgrade';
import type { Remark } from '../../migration/progress';
import { activity } from './activities';
import { reason } from './failures';
import { RollbackAsked } from './migration';
import type { OpenedPhase } from './phase-run';

/** A step that failed after the new server was opened; it is tried again at every look until it succeeds. */
export interface OpenStep {
  name: AfterStepName;
  detail: string;
}

interface AfterStep<T> {
  work: (run: OpenedPhase) => Promise<T>;
  tell?: (result: T) => string;
}

/** What follows the outage, in this order. */
const STEPS = {
  'put back what pg_upgrade forgets': after({
    work: ({ ref, label }) => activity('try', 'putBackForgotten', `${label}: put back what pg_upgrade forgets`, ref),
    tell: (count) => `${count} things`,
  }),
  'service at boot': after({
    work: ({ ref, label }) => activity('try', 'handOverService', `${label}: start at boot`, ref),
  }),
  statistics: after({
    work: ({ ref, label }) => activity('try', 'refreshStatistics', `${label}: statistics`, ref),
    tell: (seen) => `${seen.databases} databases, ${seen.parents} partitioned parents, ${seen.extended} extended`,
  }),
  'extension updates': after({
    work: ({ ref, label }) => activity('try', 'updateExtensions', `${label}: extension updates`, ref),
    tell: ({ updated, left }) => `${updated.length} updated, ${left.length} left as they are`,
  }),
  comparison: after({ work: compare, tell: ({ passed, failed }) => `${passed} passed, ${failed.length} failed` }),
};

export type AfterStepName = keyof typeof STEPS;

/** Ties a step's telling to what its work returns; the table above then treats all alike. */
function after<T>(step: AfterStep<T>): AfterStep<unknown> {
  return step as AfterStep<unknown>;
}

/** What follows the outage never ends the phase: what fails is kept open for the gate. */
export async function afterOutage(run: OpenedPhase): Promise<OpenStep[]> {
  const open: OpenStep[] = [];
  try {
    for (const name of Object.keys(STEPS) as AfterStepName[]) await attempt(run, name, open);
  } catch (error) {
    if (!(error instanceof RollbackAsked)) throw error;
  }
  return open;
}

async function attempt(run: OpenedPhase, name: AfterStepName, open: OpenStep[]): Promise<void> {
  const { work, tell } = STEPS[name];
  try {
    await run.migration.step(run.phase, name, () => work(run), tell);
  } catch (error) {
    if (error instanceof RollbackAsked || isCancellation(error)) throw error;
    open.push({ name, detail: reason(error) });
  }
}

/** Tries an open step once more. */
export async function again(run: OpenedPhase, name: AfterStepName): Promise<void> {
  await STEPS[name].work(run);
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
