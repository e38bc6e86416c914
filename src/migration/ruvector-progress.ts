import type { Remark, StepProgress } from './progress';

/** One comparison of before and after, for people. */
export interface CheckProgress {
  name: string;
  outcome: 'passed' | 'failed' | 'not comparable';
  detail: string;
}

/** How long something makes others wait, in milliseconds: as promised, and as it was. */
export interface WaitProgress {
  predicted?: { writesMs: number; readsMs: number };
  measured?: { writesMs: number; readsMs: number };
  /** Set when measured and predicted differ by more than a fifth of the prediction. */
  missed?: string;
}

/** Answer of the query `progress` of workflows on vectors, and (finished) their result. Times are milliseconds since the epoch. */
export interface VectorProgress {
  cluster: string;
  database: string;
  outcome: 'running' | 'completed' | 'rolled back' | 'stopped' | 'failed';
  /** Where it stands, in a sentence. */
  status: string;
  /** What a person can do next, in a sentence. */
  next: string;
  steps: StepProgress[];
  /** What the pre-flight said and did not stop at. */
  warnings: Remark[];
  checks: CheckProgress[];
  wait: WaitProgress;
  /** Directory on the host with the backup, the scripts and `rollback.sh`. */
  directory?: string;
  /** How it is undone, and what that loses. */
  wayBack: string;
  /** Facts of the workflow's own kind, in the order of reading. */
  facts: { name: string; value: string }[];
  log: { at: number; text: string }[];
}

/** Says when a prediction was off by more than a fifth. */
export function missedPrediction(wait: WaitProgress): string | undefined {
  const { predicted, measured } = wait;
  if (!predicted || !measured) return undefined;
  const off = Math.abs(measured.writesMs - predicted.writesMs);
  if (off <= predicted.writesMs / 5) return undefined;
  const percent = Math.round((100 * (measured.writesMs - predicted.writesMs)) / Math.max(1, predicted.writesMs));
  return `writes waited ${measured.writesMs} ms; ${predicted.writesMs} ms were predicted, off by ${percent} %`;
}
