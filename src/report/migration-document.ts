import type { PhaseProgress, Progress, Remark } from '../migration/progress';
import { configurationTable } from './configuration-table';
import { facts, section, type Block, type Document, type Entry, type Section } from './document';
import { gateSection } from './gate-section';
import { ledgerSection } from './ledger-section';
import { outageSentence } from './outage';
import { moment, span } from './wording';

/** The whole of a migration as a report: outcome, every phase with its evidence, approvals, ways back, log. */
export function migrationDocument(progress: Progress): Document {
  return {
    title: `Migration of ${progress.cluster} to PostgreSQL ${progress.to}`,
    summary: `${progress.outcome}: ${progress.status}`,
    tone: tone(progress),
    sections: [
      ...section('Outcome', [{ kind: 'entries', entries: [outcome(progress)] }]),
      ...section('Phases', [phaseTable(progress.phases)]),
      ...progress.phases.filter((phase) => phase.state !== 'planned').flatMap(phaseSection),
      ...section('Log', [
        {
          kind: 'table',
          caption: 'Messages taken and refused, and what happened',
          columns: ['when', 'what'],
          rows: progress.log.map(({ at, text }) => [moment(at), text]),
        },
      ]),
    ],
  };
}

function tone({ outcome }: Progress): Document['tone'] {
  if (outcome === 'running') return 'open';
  return outcome === 'completed' ? 'good' : 'bad';
}

function outcome(progress: Progress): Entry {
  const { paused } = progress;
  return {
    title: `${progress.cluster}: ${progress.outcome}`,
    facts: facts({
      status: progress.status,
      next: progress.next,
      'running version': progress.runningVersion > 0 ? String(progress.runningVersion) : undefined,
      target: String(progress.to),
      paused: paused && `by ${paused.by}${paused.reason ? `: ${paused.reason}` : ''}`,
      migration: progress.migration,
    }),
  };
}

function phaseTable(phases: PhaseProgress[]): Block {
  return {
    kind: 'table',
    caption: 'Every phase with its outage as predicted and as measured',
    columns: ['phase', 'state', 'mode', 'outage predicted', 'outage measured', 'duration', 'checks'],
    rows: phases.map((phase) => [
      `${phase.from} → ${phase.to}`,
      phase.state,
      phase.mode ?? '',
      optional(phase.predictedOutageMs),
      optional(phase.outageMs),
      optional(phase.durationMs),
      `${phase.checks.passed} passed, ${phase.checks.failed} failed`,
    ]),
  };
}

function optional(ms: number | undefined): string {
  return ms === undefined ? '' : span(ms);
}

function phaseSection(phase: PhaseProgress): Section[] {
  const head = facts({
    state: phase.state,
    mode: phase.mode,
    why: phase.why,
    'began at': phase.startedAt === undefined ? undefined : moment(phase.startedAt),
    checks: `${phase.checks.passed} passed, ${phase.checks.failed} failed`,
    'directory on the host': phase.directory,
  });
  return section(
    `Phase ${phase.from} → ${phase.to}`,
    [
      { kind: 'paragraph', text: outageSentence(phase) },
      { kind: 'entries', entries: [{ title: phase.name, facts: head }] },
    ],
    [
      ...section('Steps', [stepTable(phase)]),
      ...section('Standbys', [standbyTable(phase)]),
      ...section('Differences between before and after', [remarks(phase.differences)]),
      ...section('Warnings', [remarks(phase.warnings)]),
      ...section('Configuration changes', [configurationTable(phase.configurationChanges)]),
      ...gateSection(phase),
      ...ledgerSection(phase),
    ],
  );
}

function stepTable({ steps }: PhaseProgress): Block {
  return {
    kind: 'table',
    caption: 'Steps in the order they were begun',
    columns: ['step', 'state', 'began at', 'took', 'result'],
    rows: steps.map((step) => [
      step.name,
      step.state,
      moment(step.startedAt),
      optional(step.durationMs),
      step.detail ?? '',
    ]),
  };
}

function standbyTable({ standbys = [] }: PhaseProgress): Block {
  return {
    kind: 'table',
    caption: 'Every standby and what its rebuild took until it had caught up',
    columns: ['standby', 'state', 'bytes', 'rebuild took'],
    rows: standbys.map(({ name, state, bytes, rebuildMs }) => [
      name,
      state,
      bytes === undefined ? '' : String(bytes),
      optional(rebuildMs),
    ]),
  };
}

/** Findings and differences, each with what was seen and what to do. */
function remarks(found: readonly Remark[]): Block {
  return {
    kind: 'entries',
    entries: found.map(({ check, object, seen, action }) => ({
      title: object ? `${check}: ${object}` : check,
      facts: facts({ seen, 'to do': action }),
    })),
  };
}
