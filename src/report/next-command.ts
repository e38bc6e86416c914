import type { GateProgress, PhaseProgress, Progress } from '../migration/progress';
import { currentPhase } from './way-back';

/** What the operator can type next, word for word; empty while there is nothing to decide. */
export function nextCommands(progress: Progress, now: number): string[] {
  const { cluster, outcome } = progress;
  if (outcome === 'completed') return [`pgpassage report ${cluster}`, `pgpassage finalize ${cluster}`];
  if (outcome !== 'running') return [`pgpassage report ${cluster}`];
  if (progress.paused) return [`pgpassage resume ${cluster}`];
  const phase = currentPhase(progress.phases);
  return phase?.state === 'soaking' && phase.gate && !phase.gate.decision
    ? atGate(cluster, phase, phase.gate, now)
    : [];
}

function atGate(cluster: string, phase: PhaseProgress, gate: GateProgress, now: number): string[] {
  const soaked = now >= gate.soakEndsAt;
  if (!soaked && gate.alarms.length === 0) return [];
  return [...(approvalHelps(gate) ? [approve(cluster, phase, gate, soaked)] : []), rollback(cluster, phase)];
}

/** The last phase's gate passes by itself unless an alarm holds it. */
function approvalHelps(gate: GateProgress): boolean {
  return gate.needsApproval || gate.alarms.length > 0;
}

function approve(cluster: string, phase: PhaseProgress, gate: GateProgress, soaked: boolean): string {
  const alarms = gate.alarms.map(({ name }) => ` --accept-alarm ${word(name)}`).join('');
  return `pgpassage approve ${cluster} --phase ${phase.name} --evidence ${gate.evidence}${alarms}${soaked ? '' : ' --early'}`;
}

function rollback(cluster: string, { from, ledger }: PhaseProgress): string {
  return `pgpassage rollback ${cluster} --to ${from}${ledger ? ` --accept ${ledger.loss}` : ''}`;
}

/** A word for the shell: an alarm's name may hold spaces. */
function word(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
