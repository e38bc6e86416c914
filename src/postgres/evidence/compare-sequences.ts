import { count, list } from './describe';
import type { ComparisonCheck, DatabaseEvidence } from './evidence';
import type { SequencePosition } from './sequences';

/** Sequences may go on, never back: a number that was given out once must not be given out again. */
export function compareSequences(before: DatabaseEvidence, after: DatabaseEvidence): ComparisonCheck[] {
  const names = Object.keys(before.sequences);
  if (names.length === 0) return [];
  const name = `${before.name}: positions of sequences`;
  const back = names
    .filter((sequence) => sequence in after.sequences)
    .map((sequence) => ({ sequence, old: position(before, sequence), now: position(after, sequence) }))
    .filter(
      ({ old, now }) => !old.cycles && next(now, old.increment) * sign(old) < next(old, old.increment) * sign(old),
    )
    .map(
      ({ sequence, old, now }) =>
        `${sequence} would give ${next(old, old.increment)} before, ${next(now, old.increment)} now`,
    );
  // A sequence that is missing is an object that is missing, and is said there.
  if (back.length > 0) return [{ name, outcome: 'failed', detail: `gone back: ${list(back, '; ')}` }];
  return [{ name, outcome: 'passed', detail: `${count(names.length, 'sequence')}, none gone back` }];
}

const position = (evidence: DatabaseEvidence, sequence: string): SequencePosition =>
  JSON.parse(evidence.sequences[sequence]) as SequencePosition;

const sign = ({ increment }: SequencePosition): bigint => (BigInt(increment) < 0n ? -1n : 1n);

/** The number that the next call gives; before the first call that is the one that stands there. */
const next = ({ last, called }: SequencePosition, increment: string): bigint =>
  BigInt(last) + (called ? BigInt(increment) : 0n);
