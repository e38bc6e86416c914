import type { PhaseProgress } from '../migration/progress';
import { span } from './wording';

/** A prediction is a promise: further off than this share of it, the report says so. */
const TOLERANCE = 0.2;

/** Predicted and measured outage side by side, in a sentence; empty while neither is known. */
export function outageSentence(phase: Pick<PhaseProgress, 'predictedOutageMs' | 'outageMs'>): string {
  const { predictedOutageMs: predicted, outageMs: measured } = phase;
  if (measured === undefined) return predicted === undefined ? '' : `The predicted outage is ${span(predicted)}.`;
  if (predicted === undefined)
    return `The outage took ${span(measured)}. It was not predicted: there was no rehearsal.`;
  return `The outage took ${span(measured)}; predicted were ${span(predicted)}.${missed(predicted, measured)}`;
}

function missed(predicted: number, measured: number): string {
  const off = (measured - predicted) / predicted;
  if (Math.abs(off) <= TOLERANCE) return '';
  const direction = off > 0 ? 'longer' : 'shorter';
  return ` The prediction was missed: the outage was ${Math.round(Math.abs(off) * 100)} % ${direction} than predicted, more than a fifth.`;
}
