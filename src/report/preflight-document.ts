import type { Finding } from '../postgres/preflight/check';
import type { PreflightAnswer, PreflightResult } from '../workflows/look';
import { facts, section, type Block, type Document, type Entry, type Section } from './document';
import { count } from './wording';

/** Whether anything stands in the way, at whichever version of the path. */
export function isBlocked(results: readonly PreflightResult[]): boolean {
  return results.some(({ blockers }) => blockers.length > 0);
}

/** The pre-flight as a report: what stands in the way, and what to know. */
export function preflightDocument({ cluster, from, results }: PreflightAnswer): Document {
  return {
    title: `Pre-flight of ${cluster}: ${[from, ...results.map(({ to }) => to)].join(' → ')}`,
    summary: preflightSummary(results),
    tone: isBlocked(results) ? 'bad' : 'good',
    sections: preflightSections(results),
  };
}

/** Blockers and warnings of all versions on the path in one sentence. */
export function preflightSummary(results: readonly PreflightResult[]): string {
  const blockers = results.reduce((sum, result) => sum + result.blockers.length, 0);
  const warnings = results.reduce((sum, result) => sum + result.warnings.length, 0);
  if (blockers === 0) return `Nothing stands in the way; ${count(warnings, 'warning')}. Nothing was changed.`;
  return `Blocked: ${count(blockers, 'blocker')}, ${count(warnings, 'warning')}. Nothing was changed.`;
}

/** One section per version on the path. */
export function preflightSections(results: readonly PreflightResult[]): Section[] {
  return results.flatMap(({ from, to, passed, blockers, warnings }) =>
    section(
      `Pre-flight ${from} → ${to}`,
      [
        {
          kind: 'paragraph',
          text: `${count(passed, 'check')} passed, ${count(blockers.length, 'blocker')}, ${count(warnings.length, 'warning')}.`,
        },
      ],
      [...section('Blockers', [findings(blockers)]), ...section('Warnings', [findings(warnings)])],
    ),
  );
}

/** Findings as entries. */
export function findings(found: readonly Finding[]): Block {
  return { kind: 'entries', entries: found.map(finding) };
}

function finding({ check, object, database, effect, seen, action, severity, judgement, accepted }: Finding): Entry {
  return {
    title: [check, object].filter(Boolean).join(': '),
    facts: facts({
      database,
      seen,
      effect: effect === 'none' ? undefined : effect,
      'to do': action,
      'or accept': judgement && severity === 'blocker' ? `--accept ${check}, once a person has judged it` : undefined,
      accepted: accepted && 'a person accepted this blocker',
    }),
  };
}
