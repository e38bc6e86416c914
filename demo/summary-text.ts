import type { PhaseProgress, Progress } from '../src/migration/progress';
import { textTable } from '../src/report/text-table';
import { moment, span } from '../src/report/wording';
import { held, type Seen, type Summary } from './summary';

/** The end of the demo for people. */
export function summaryText(progress: Progress | undefined, seen: Seen, summary: Summary, width: number): string {
  return [
    progress ? `${progress.cluster}: ${progress.outcome}. ${progress.status}` : 'The migration did not begin.',
    ...(progress ? [phaseTable(progress.phases, seen, width)] : []),
    ...seen.outages.others.map(
      ({ from, ms }) =>
        `The writers could not write for ${span(ms)} at ${moment(from.getTime())}, outside of any phase's outage.`,
    ),
    writesLine(seen),
    ...(summary.outcome === 'rolled back' ? [ROLLED_BACK] : []),
    `Checks: ${summary.checks.passed} passed, ${summary.checks.failed} failed.`,
    ...(progress ? [rowsLine(progress)] : []),
    verdict(summary),
  ].join('\n');
}

const ROLLED_BACK =
  'The rollback lost what had been written since the newer version was opened: that loss was accepted.';

function verdict(summary: Summary): string {
  if (held(summary)) return 'Everything held.';
  return summary.outcome === 'completed' ? 'Not everything held.' : 'The migration did not complete.';
}

const COLUMNS = [
  'phase',
  'state',
  'mode',
  'outage seen by the writers',
  'by the job',
  'predicted',
  'phase took',
  'checks',
];

function phaseTable(phases: PhaseProgress[], { outages }: Seen, width: number): string {
  const optional = (ms: number | undefined): string => (ms === undefined ? '' : span(ms));
  const rows = phases.map(({ name, from, to, state, mode = '', outageMs, predictedOutageMs, durationMs, checks }) => [
    `${from} → ${to}`,
    state,
    mode,
    optional(outages.byPhase.get(name)),
    optional(outageMs),
    optional(predictedOutageMs),
    optional(durationMs),
    `${checks.passed} passed, ${checks.failed} failed`,
  ]);
  return textTable(COLUMNS, rows, width);
}

function writesLine({ acknowledged, check }: Seen): string {
  if (!check) return `Writes: ${acknowledged} acknowledged; no server is there to look for them.`;
  const unknown = check.unknown > 0 ? `, ${check.unknown} never answered` : '';
  return `Writes: ${check.acknowledged} acknowledged, ${check.missing} of them missing${unknown}.`;
}

/** What the last phase compared, in the words of its step. */
function rowsLine({ phases }: Progress): string {
  const counted = phases.findLast(({ steps }) => steps.some(isCount));
  const detail = counted?.steps.find(isCount)?.detail;
  return detail ? `Rows: ${detail} before the last phase.` : 'Rows: not counted.';
}

function isCount({ name, detail }: PhaseProgress['steps'][number]): boolean {
  return name === 'evidence before' && detail !== undefined;
}
