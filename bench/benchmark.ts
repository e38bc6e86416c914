import type { Mark } from '../src/postgres/upgrade/outage-script';
import type { Round } from './rounds';
import type { Stage, StageOptions } from './stage';

/**
 * Takes the old server down and the new one up.
 * @returns when each part of it began, with the mark `served` at the end.
 */
export type Contender = (stage: Stage, ending: AbortSignal) => Promise<Mark[]>;

/** What a benchmark was asked for. */
export interface BenchmarkOptions extends StageOptions {
  /** Rounds that count; one to warm up comes before them. */
  rounds: number;
  /** Absolute path of the file for the result. */
  json?: string;
}

/** Outages of several contenders beside each other, on the same data. */
export interface Benchmark {
  name: string;
  description: string;
  defaults: Pick<BenchmarkOptions, 'rounds' | 'scale'>;
  /** Does once what every contender finds done. The old server runs. */
  prepare?(stage: Stage): Promise<void>;
  /** Starts what all contenders share. The first round is in the order of their names. */
  open(stage: Stage): Promise<{ contenders: Record<string, Contender>; close(): Promise<void> }>;
  /** Sums the rounds up: `result` as `--json` writes it, `text` for people. */
  conclude(options: BenchmarkOptions, rounds: Round[]): { result: object; text: string };
}
