import type { PhaseProgress } from '../src/migration/progress';
import { outageSentence } from '../src/report/outage';
import { visible } from '../src/report/text-wrap';
import { currentEntry } from '../src/report/way-back';
import { span } from '../src/report/wording';

/** What is known when a phase stands at its gate, for the person who decides. */
export function gateText(phase: PhaseProgress, seenMs: number | undefined): string[] {
  const { from, to, checks, warnings, differences, gate } = phase;
  return [
    '',
    `Gate after ${from} → ${to}: PostgreSQL ${to} serves.`,
    `  ${outageSentence(phase)}`,
    ...(seenMs === undefined ? [] : [`  The writers could not write for ${span(seenMs)}.`]),
    `  Checks: ${checks.passed} passed, ${checks.failed} failed, ${warnings.length} warnings.`,
    ...warnings.map(({ check, object, seen }) => `    - ${check}: ${object}: ${seen}`),
    ...differences.map(({ check, object, seen }) => `  DIFFERENCE ${check}: ${object}: ${seen}`),
    ...(gate?.alarms ?? []).map(({ severity, name, detail }) => `  ALARM (${severity}) ${name}: ${detail}`),
    ...(gate?.alarms.length ? [] : ['  Alarms: none.']),
    ...wayBack(phase),
  ].map(visible);
}

function wayBack(phase: PhaseProgress): string[] {
  const entry = currentEntry(phase);
  if (!entry || !phase.ledger) return [];
  return [
    `  A rollback would ${entry.how}. It takes ${entry.takes}.`,
    `  It would lose ${entry.loses || 'nothing'}.`,
    `  Point of no return: ${phase.ledger.pointOfNoReturn}.`,
  ];
}
