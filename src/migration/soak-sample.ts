import type { Measure } from './soak-thresholds';

/** One value of a look, in the measure's own unit, and the same for a person. */
export interface Measured {
  value: number;
  detail: string;
}

/** Something that is wrong at once, whatever was seen before. */
export interface Problem {
  name: string;
  detail: string;
}

/** What one look has to hand to the next one, plain data. The sampler makes it and is the only one to read it. */
export interface SoakCursor {
  /** How far the server's log has been read; absent where it can't be. */
  log?: { file: string; inode: string; bytes: number; minute: string; errors: number; at: number };
  /** The processors' time in ticks since the host's boot. */
  cpu?: { boot: string; busy: number; total: number };
  /** Failures of the archiver up to the last time that it was well. */
  archiverFailed?: number;
  /** Standbys and invalid indexes of the first look, which later ones are compared with. */
  standbys?: string[];
  invalidIndexes?: string[];
}

/** What one look at a cluster saw. */
export interface SoakSample {
  /** Milliseconds since the epoch. */
  at: number;
  /** Whether the server was asked and answered: otherwise nothing that stands can be seen to be well again. */
  answered?: boolean;
  measures: Partial<Record<Measure, Measured>>;
  problems: Problem[];
  /** What could not be looked at, and why. */
  unwatched?: Problem[];
  cursor?: SoakCursor;
}
