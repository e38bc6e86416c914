import type { Mode } from './input';
import type { Ledger } from './ledger';
import type { Alarm, Problem } from './soak';

/** A finding or check in the form that people read; no secret ever stands in one. */
export interface Remark {
  check: string;
  object: string;
  seen: string;
  action: string;
}

export interface StepProgress {
  name: string;
  state: 'running' | 'done' | 'failed' | 'undone';
  startedAt: number;
  durationMs?: number;
  /** What it did or why it failed, in a sentence. */
  detail?: string;
}

export interface GateProgress {
  openedAt: number;
  soakEndsAt: number;
  /** After this moment without an approval the migration ends where it stands. */
  expiresAt: number;
  needsApproval: boolean;
  alarms: Alarm[];
  /** Names of all alarms that were ever raised here. */
  raised: string[];
  lastCheckedAt?: number;
  /** What the last check could not look at, and why: of that nobody knows whether it is well. */
  unwatched?: Problem[];
  /** Stands for what is known at this gate; an approval may name it. */
  evidence: string;
  decision?: {
    kind: 'approved' | 'rejected' | 'expired' | 'passed' | 'rolled back';
    by: string;
    at: number;
    note?: string;
    acceptedAlarms?: string[];
  };
}

export interface StandbyProgress {
  name: string;
  /** `serving`: the old version, from its old data. `retained`: kept stopped as the way back. */
  state: 'serving' | 'prepared' | 'stopped' | 'rebuilding' | 'streaming' | 'retained' | 'failed';
  /** The name that the primary shows it by in pg_stat_replication. */
  applicationName?: string;
  /** Bytes of its new data directory. */
  bytes?: number;
  /** Milliseconds that its rebuild took until it had caught up. */
  rebuildMs?: number;
}

export interface PhaseProgress {
  /** `15-16`. */
  name: string;
  from: number;
  to: number;
  state: 'planned' | 'running' | 'soaking' | 'done' | 'failed' | 'rolling back' | 'rolled back';
  mode?: Mode;
  /** Why this mode. */
  why?: string;
  directory?: string;
  ledger?: Ledger;
  startedAt?: number;
  durationMs?: number;
  predictedOutageMs?: number;
  outageMs?: number;
  /** Set when measured and predicted outage differ by more than a fifth of the prediction. */
  predictionMissed?: string;
  checks: { passed: number; failed: number };
  warnings: Remark[];
  /** What the comparison before/after found lost or changed. */
  differences: Remark[];
  /** Its standbys and how far each is; absent where the inventory names none. */
  standbys?: StandbyProgress[];
  configurationChanges: { name: string; kind: string; before?: string; after?: string; reason: string }[];
  steps: StepProgress[];
  gate?: GateProgress;
}

/** Answer of the query `progress`, and (finished) the workflow's result. Times are milliseconds since the epoch. */
export interface Progress {
  cluster: string;
  migration: string;
  startedAt: number;
  outcome: 'running' | 'completed' | 'rolled back' | 'stopped' | 'failed';
  /** Where it stands, in a sentence. */
  status: string;
  /** What a person can do next, in a sentence. */
  next: string;
  runningVersion: number;
  /** Names of the cluster's standbys in the inventory. */
  standbys?: string[];
  to: number;
  paused?: { by: string; reason?: string };
  phases: PhaseProgress[];
  /** Messages taken and refused, and what happened, oldest first. */
  log: { at: number; text: string }[];
}
