import type { CheckResult, Finding } from './check';

/** Checks that try the whole thing, and so see again what a check that knows the object better has named. */
const REHEARSING = ['pg-upgrade-check', 'scratch-restore'];

/** Which check knows what pg_upgrade complains of without naming objects. */
const BY_TITLE: [RegExp, string][] = [
  [/prepared transactions/, 'prepared-transactions'],
  [/database connection settings/, 'databases-connectable'],
  [/tablespace directories/, 'tablespaces'],
  [/logical replication slots/, 'replication-slots'],
  [/subscription/, 'subscriptions'],
];

/**
 * Turns what is named twice into a notice beside the finding that tells more, so that one object is one blocker. Only
 * beside findings that nobody can accept: otherwise an acceptance would hide what really ends the upgrade.
 */
export function foldEchoes(results: CheckResult[]): CheckResult[] {
  const others = results.filter((result) => !REHEARSING.includes(result.check) && result.outcome === 'blocked');
  const known = others
    .flatMap((result) => result.findings)
    .filter(({ severity, judgement }) => severity === 'blocker' && !judgement);
  const byObject = new Map(known.flatMap((finding) => keys(finding).map((key) => [key, finding.check] as const)));
  const blocked = new Set(known.map((finding) => finding.check));
  const source = (finding: Finding) =>
    byObject.get(keys(finding)[0]) ??
    granted(known, finding) ??
    BY_TITLE.find(([title, check]) => title.test(finding.object) && blocked.has(check))?.[1];
  return results.map((result) => (REHEARSING.includes(result.check) ? fold(result, source) : result));
}

function fold(result: CheckResult, source: (finding: Finding) => string | undefined): CheckResult {
  if (result.outcome === 'error') return result;
  const findings = result.findings.map((finding): Finding => {
    const first = finding.severity === 'blocker' ? source(finding) : undefined;
    return first ? { ...finding, severity: 'notice', action: `See ${first}, which names the cause.` } : finding;
  });
  const worst = (severity: string) => findings.some((finding) => finding.severity === severity);
  return { ...result, findings, outcome: worst('blocker') ? 'blocked' : worst('warning') ? 'warning' : 'passed' };
}

// pg_upgrade writes names without quotes and without saying what they are of; a table is refused for its column.
function keys({ database = '', object }: Finding): string[] {
  const name = object.replace(/^(?:materialized |foreign |partitioned )?(?:table column|[a-z]+) (?=.)/, '');
  const table = object.startsWith('table column ') ? [name.replace(/\.(?:"(?:[^"]|"")*"|[^".]+)$/, '')] : [];
  return [name, ...table].map((known) => `${database}|${known.replaceAll('"', '')}`);
}

/** A dump says whose privileges they are without the schema. */
function granted(known: Finding[], { database, object }: Finding): string | undefined {
  const name = /^privileges on (.*)$/.exec(object)?.[1];
  if (name === undefined) return undefined;
  return known.find(
    (finding) => finding.database === database && finding.object.replaceAll('"', '').endsWith(`.${name}`),
  )?.check;
}
