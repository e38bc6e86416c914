import type { Hop } from './path';

/** One phase as activities are told of it: enough to find everything else on the host. */
export interface PhaseRef extends Hop {
  cluster: string;
  /** Short identity of the migration's run; durable jobs and records carry it. */
  migration: string;
  /** The phase's backup directory on the host. */
  directory: string;
}

/** ID of the phase's durable job for one step. The same phase and step give the same ID, whichever worker asks. */
export function jobId(phase: PhaseRef, step: string): string {
  return `${phase.cluster}.${phase.migration}.${phase.from}-${phase.to}.${step}`;
}
