import type { Round } from './rounds';

/** The outages of one contender. */
export interface ContenderSummary {
  medianMs: number;
  minMs: number;
  maxMs: number;
  allMs: number[];
  /** Medians of the parts, by the host's clock. They leave out what the client needs to notice and to come back. */
  partsMs: Record<string, number>;
}

/** The smallest and the largest value of all rounds. */
export interface Range {
  min: number;
  max: number;
}

export const RATIO_METHOD = 'median of the per-round ratios';

/** Sums up each of the contenders. */
export function summaries<Name extends string>(
  names: readonly Name[],
  rounds: Round[],
): Record<Name, ContenderSummary> {
  return Object.fromEntries(names.map((name) => [name, summary(name, rounds)])) as Record<Name, ContenderSummary>;
}

function summary(name: string, rounds: Round[]): ContenderSummary {
  const all = rounds.map((round) => round[name].ms);
  const parts = Object.keys(rounds[0][name].parts);
  return {
    medianMs: Math.round(median(all)),
    minMs: Math.round(Math.min(...all)),
    maxMs: Math.round(Math.max(...all)),
    allMs: all.map(Math.round),
    partsMs: Object.fromEntries(
      parts.map((part) => [part, Math.round(median(rounds.map((round) => round[name].parts[part])))]),
    ),
  };
}

/** The median of the ratios within the rounds, which what slows a whole round down does not touch, and their spread. */
export function ratioTo(base: string, name: string, rounds: Round[]): { ratio: number; spread: Range } {
  const ratios = rounds.map((round) => round[name].ms / round[base].ms);
  return {
    ratio: rounded(median(ratios)),
    spread: { min: rounded(Math.min(...ratios)), max: rounded(Math.max(...ratios)) },
  };
}

/** The middle of the values, or the mean of the two that share it. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

const rounded = (ratio: number): number => Number(ratio.toFixed(3));
