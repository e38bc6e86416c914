import { CONTENDERS, type ContenderName } from './contender';
import type { OutageOptions } from './options';
import type { Round } from './rounds';

/** The outages of one contender. */
export interface ContenderResult {
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

/** What the benchmark found, as `--json` writes it. */
export interface OutageResult {
  rounds: number;
  scale: number;
  from: number;
  to: number;
  contenders: Record<ContenderName, ContenderResult>;
  /** Medians of the ratios within the rounds: what slows a whole round down does not touch them. */
  ratioToRunbook: number;
  ratioToFloor: number;
  ratioMethod: string;
  spread: { ratioToRunbook: Range; ratioToFloor: Range };
}

/** Sums the rounds up. */
export function resultOf({ rounds, scale, from, to }: OutageOptions, measured: Round[]): OutageResult {
  const toRunbook = measured.map(({ pgpassage, runbook }) => pgpassage.ms / runbook.ms);
  const toFloor = measured.map(({ pgpassage, floor }) => pgpassage.ms / floor.ms);
  return {
    ...{ rounds, scale, from, to },
    contenders: Object.fromEntries(CONTENDERS.map((name) => [name, contenderResult(name, measured)])) as Record<
      ContenderName,
      ContenderResult
    >,
    ratioToRunbook: ratio(median(toRunbook)),
    ratioToFloor: ratio(median(toFloor)),
    ratioMethod: 'median of the per-round ratios',
    spread: { ratioToRunbook: range(toRunbook), ratioToFloor: range(toFloor) },
  };
}

function contenderResult(name: ContenderName, measured: Round[]): ContenderResult {
  const all = measured.map((round) => round[name].ms);
  const parts = Object.keys(measured[0][name].parts);
  return {
    medianMs: Math.round(median(all)),
    minMs: Math.round(Math.min(...all)),
    maxMs: Math.round(Math.max(...all)),
    allMs: all.map(Math.round),
    partsMs: Object.fromEntries(
      parts.map((part) => [part, Math.round(median(measured.map((round) => round[name].parts[part])))]),
    ),
  };
}

/** The middle of the values, or the mean of the two that share it. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

const ratio = (value: number): number => Number(value.toFixed(3));

function range(values: readonly number[]): Range {
  return { min: ratio(Math.min(...values)), max: ratio(Math.max(...values)) };
}
