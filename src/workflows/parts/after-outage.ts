import { isCancellation } from '@temporalio/workflow';
import type { ComparisonSummary } from '../../activities/upgrade';
import type { Remark } from '../../migration/progress';
import { activity } from './activities';
import { reason } from './failures';
import type { OpenStep } from './gate';
import { RollbackAsked } from './migration';
import type { OpenedPhase } from './phase-run';
import { rebuildStandbys, stopStandbys, type Attempt } from './standbys';

/** What follows the outage never ends the phase: what fails is kept open for the gate. */
export async function afterOutage(run: OpenedPhase): Promise<OpenStep[]> {
  const { migration, phase, ref, label } = run;
  const open: OpenStep[] = [];
  const attempt: Attempt = async (name, work, tell) => {
    try {
      await migration.step(phase, name, work, tell);
    } catch (error) {
      if (error instanceof RollbackAsked || isCancellation(error)) throw error;
      open.push({ name, detail: reason(error), again: work });
    }
  };
  try {
    await attempt(
      'put back what pg_upgrade forgets',
      () => activity('try', 'putBackForgotten', `${label}: put back what pg_upgrade forgets`, ref),
      (count) => `${count} things`,
    );
    await stopStandbys(run, attempt);
    await attempt('service at boot', () => activity('try', 'handOverService', `${label}: start at boot`, ref));
    await attempt(
      'statistics',
      () => activity('try', 'refreshStatistics', `${label}: statistics`, ref),
      (result) => `${result.databases} databases, ${result.parents} partitioned parents, ${result.extended} extended`,
    );
    await attempt(
      'extension updates',
      () => activity('try', 'updateExtensions', `${label}: extension updates`, ref),
      ({ updated, left }) => `${updated.length} updated, ${left.length} left as they are`,
    );
    await rebuildStandbys(run, attempt);
    await attempt(
      'comparison',
      () => compare(run),
      ({ passed, failed }) => `${passed} passed, ${failed.length} failed`,
    );
  } catch (error) {
    if (!(error instanceof RollbackAsked)) throw error;
  }
  return open;
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
