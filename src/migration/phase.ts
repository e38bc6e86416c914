import { phaseName, type Hop } from './path';

/** One phase as activities are told of it: enough to find everything else on the host. */
export interface PhaseRef extends Hop {
  cluster: string;
  /** Identity of the migration's run; durable jobs and records carry it. */
  migration: string;
  /** The phase's backup directory on the host. */
  directory: string;
}

/** ID of the phase's durable job for one step. The same phase and step give the same ID, whichever worker asks. */
export function jobId(phase: Omit<PhaseRef, 'directory'>, step: string): string {
  return `${phase.cluster}.${phase.migration}.${phaseName(phase)}.${step}`;
}

/** A phase's beginning as names on the host carry it: `20260101013000`. @param startedAt ISO 8601. */
export function phaseStamp(startedAt: string): string {
  return startedAt.replace(/\D/g, '').slice(0, 14);
}
