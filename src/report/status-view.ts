import type { GateProgress, PhaseProgress, Progress, StepProgress } from '../migration/progress';
import { nextCommands } from './next-command';
import { outageSentence } from './outage';
import { visible, wrapIndented } from './text-wrap';
import { currentEntry, currentPhase } from './way-back';
import { count, moment, span } from './wording';

const LOG_LINES = 4;

const MARKS: Record<StepProgress['state'] | PhaseProgress['state'], string> = {
  planned: '·',
  running: '▶',
  soaking: '◔',
  done: '✓',
  failed: '✗',
  undone: '↩',
  'rolling back': '↩',
  'rolled back': '↩',
};

/** The room there is, in characters. */
export interface Room {
  columns: number;
  /** Where rows are few, steps that are done are the first to go: what to do next has to stay in sight. */
  rows: number;
}

/** The migration as it stands, for a terminal: the phase under way in full, the others on one line each. */
export function statusView(progress: Progress, now: number, room: Room): string[] {
  const steps = currentPhase(progress.phases)?.steps.length ?? 0;
  const whole = lines(progress, now, room.columns, steps);
  const excess = whole.length - room.rows;
  return excess > 0 ? lines(progress, now, room.columns, Math.max(1, steps - excess - 1)) : whole;
}

function lines(progress: Progress, now: number, columns: number, steps: number): string[] {
  const current = currentPhase(progress.phases);
  const { paused } = progress;
  const text = [
    `${progress.cluster}: ${version(progress)} → ${progress.to}, ${progress.outcome}`,
    progress.status,
    ...(paused ? [`Paused by ${paused.by}${paused.reason ? `: ${paused.reason}` : ''}`] : []),
    '',
    ...progress.phases.flatMap((phase) => [phaseLine(phase), ...(phase === current ? inFull(phase, now, steps) : [])]),
    '',
    ...progress.log.slice(-LOG_LINES).map(({ at, text }) => `${moment(at)}  ${text}`),
    '',
    `Next: ${progress.next}`,
  ];
  const commands = nextCommands(progress, now).map((command) => visible(`    ${command}`));
  // Commands stay on one line, so that they can be copied.
  return [...text.flatMap((line) => wrapIndented(line, columns)), ...commands];
}

function version({ runningVersion }: Progress): string {
  return runningVersion > 0 ? `PostgreSQL ${runningVersion}` : 'PostgreSQL';
}

function phaseLine(phase: PhaseProgress): string {
  const mode = phase.mode ? `, mode ${phase.mode}` : '';
  return `${MARKS[phase.state]} ${phase.from} → ${phase.to}: ${phase.state}${mode}. ${outageSentence(phase)}`.trimEnd();
}

function inFull(phase: PhaseProgress, now: number, steps: number): string[] {
  const left = phase.steps.length - steps;
  return [
    ...(left > 0 ? [`    … ${count(left, 'step')} before these`] : []),
    ...phase.steps.slice(left).map((step) => stepLine(step, now)),
    ...differences(phase),
    ...(phase.gate ? gateLines(phase.gate, now) : []),
    ...wayBack(phase),
  ];
}

function stepLine({ state, name, startedAt, durationMs, detail }: StepProgress, now: number): string {
  const took = span(durationMs ?? Math.max(0, now - startedAt));
  return `    ${MARKS[state]} ${name.padEnd(34)} ${took.padStart(11)}  ${detail ?? ''}`.trimEnd();
}

function differences({ differences: found }: PhaseProgress): string[] {
  return found.map(({ check, object, seen }) => `    ! ${check}: ${object}: ${seen}`);
}

function gateLines(gate: GateProgress, now: number): string[] {
  const checked = gate.lastCheckedAt === undefined ? 'not checked yet' : `last checked ${moment(gate.lastCheckedAt)}`;
  return [
    `    gate: ${soak(gate, now)}; ${checked}; evidence ${gate.evidence || 'not there yet'}`,
    ...gate.alarms.map(
      ({ name, severity, detail, since }) => `    ! ALARM (${severity}) ${name}: ${detail} (since ${moment(since)})`,
    ),
    ...(gate.alarms.length === 0 ? ['    alarms: none'] : []),
    ...(gate.unwatched ?? []).map(({ name, detail }) => `    ! NOT WATCHED ${name}: ${detail}`),
  ];
}

function soak(gate: GateProgress, now: number): string {
  if (gate.decision) return `${gate.decision.kind} by ${gate.decision.by}`;
  if (now < gate.soakEndsAt) return `soak ends in ${span(gate.soakEndsAt - now)} (${moment(gate.soakEndsAt)})`;
  return gate.needsApproval ? `soak over, approval needed before ${moment(gate.expiresAt)}` : 'soak over';
}

function wayBack(phase: PhaseProgress): string[] {
  const entry = currentEntry(phase);
  // Once it is undone there is no way back to speak of.
  if (!entry || phase.state === 'rolled back' || phase.state === 'failed') return [];
  return [`    way back: ${entry.how}; takes ${entry.takes}; loses ${entry.loses || 'nothing'}`];
}
