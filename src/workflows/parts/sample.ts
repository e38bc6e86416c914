import { milliseconds } from '../../migration/duration';
import type { StepMigrationInput } from '../../migration/input';
import type { SoakSample } from '../../migration/soak';
import { activity, type Insistence } from './activities';

/** Looks at the cluster once for the soak, as the plan's thresholds want it. `version` is the one that has to serve. */
export function sample(
  insistence: Insistence,
  summary: string,
  input: StepMigrationInput,
  version: number,
  cursor?: SoakSample['cursor'],
): Promise<SoakSample> {
  const slow = input.thresholds['slow-queries'];
  const slowAfterMs = slow === 'off' ? undefined : milliseconds(slow.longerThan);
  return activity(insistence, 'sampleSoak', summary, { cluster: input.cluster, version, slowAfterMs, cursor });
}
