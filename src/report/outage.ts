import type { PhaseProgress } from '../migration/progress';
import { span } from './wording';

/** A prediction is a promise: further off than this share of it, the report says so. */
const TOLERANCE = 0.2;

type Outage = Pick<PhaseProgress, 'predictedOutageMs' | 'outageMs' | 'predictionMissed'>;

/** Predicted and measured outage side by side, in a sentence; empty while neither is known. */
export function outageSentence(phase: Outage): string {
  const { predictedOutageMs: predicted, outageMs: measured } = phase;
  if (measured === undefined) return predicted === undefined ? '' : `The predicted outage is ${span(predicted)}.`;
  if (predicted === undefined) return `The outage took ${span(measured)}. It was not predicted: there was no rehearsal.`;
  return `The outage took ${span(measured)}; predicted were ${span(predicted)}.${missed(phase, predicted, measured)}`;
}

function missed(phase: Outage, predicted: number, measured: number): string {
  const off = (measured - predicted) / predicted;
  // The workflow's own words win; the share is computed here for progress of runs that did not say it.
  if (phase.predictionMissed) return ` The prediction was missed: ${phase.predictionMissed}`;
  if (Math.abs(off) <= TOLERANCE) return '';
  const direction = off > 0 ? 'longer' : 'shorter';
  return ` The prediction was missed: the outage was ${Math.round(Math.abs(off) * 100)} % ${direction} than predicted, more than a fifth.`;
}
