import type { Finding } from '../../postgres/preflight/check';

/** Names of the checks, stable: `accept` and docs/ruvector.md refer to them. */
export type CheckName =
  | 'extension-version'
  | 'way-back'
  | 'vector-dimensions'
  | 'null-vectors'
  | 'zero-vectors'
  | 'invalid-index'
  | 'index-method'
  | 'dependants'
  | 'generated-columns'
  | 'inherited-tables'
  | 'extension-tables'
  | 'extension-privileges'
  | 'disk-space'
  | 'rehearsal'
  | 'prediction';

/** Blockers that a person may accept, because the upgrade itself gets through. */
const JUDGEMENT: readonly CheckName[] = ['invalid-index', 'generated-columns'];

type Parts = Pick<Finding, 'object' | 'seen' | 'action' | 'database'>;

/** What stands in the way. */
export function blocker(check: CheckName, parts: Parts): Finding {
  const judgement = JUDGEMENT.includes(check) ? { judgement: true as const } : {};
  return { check, severity: 'blocker', effect: 'ends the upgrade', ...parts, ...judgement };
}

/** What a person should know. */
export function warning(check: CheckName, parts: Parts): Finding {
  return { check, severity: 'warning', effect: 'changes meaning', ...parts };
}

/** Blockers that were accepted by name become warnings, where they may be accepted. */
export function accepting(findings: Finding[], accept: readonly string[]): Finding[] {
  return findings.map((finding) =>
    finding.judgement && accept.includes(finding.check) ? { ...finding, severity: 'warning', accepted: true } : finding,
  );
}
