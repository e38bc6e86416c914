import type { Check, CheckContext, CheckResult, Finding, PreflightContext } from './check';
import { CHECKS } from './checks';
import { openContext } from './context';
import { foldEchoes } from './echoes';

/** What all checks of one hop saw. */
export interface PreflightReport {
  from: number;
  to: number;
  /** In the order of the list of checks. */
  results: CheckResult[];
  /** Findings that keep the phase from starting, checks that failed among them. */
  blockers: number;
  warnings: number;
  /** Checks, not findings. */
  passed: number;
}

export interface PreflightOptions {
  /** Names of checks whose blockers a person accepts, as far as they are a matter of judgement. */
  accept?: readonly string[];
  /** Others than all of them. */
  checks?: readonly Check[];
}

/** Runs all checks. One that fails is an error of its own in the report and counts as a blocker. */
export async function runPreflight(base: CheckContext, options: PreflightOptions = {}): Promise<PreflightReport> {
  const checks = options.checks ?? CHECKS;
  const accept = new Set(options.accept ?? []);
  const { context, close } = openContext(base);
  const results: CheckResult[] = new Array<CheckResult>(checks.length);
  try {
    const place = (check: Check) => checks.indexOf(check);
    const run = async (check: Check) => void (results[place(check)] = await runCheck(check, context));
    // The dumps take one core's time while initdb takes the other's. If they fail, the checks that need them say so.
    if (checks.some((check) => check.afterRestore)) void context.schemaDumps().catch(() => undefined);
    // The last ones wait longest for what is made for them, so they ask for it first.
    await Promise.all(
      checks
        .filter((check) => !check.afterRestore)
        .toReversed()
        .map(run),
    );
    await Promise.all(checks.filter((check) => check.afterRestore).map(run));
  } finally {
    await close();
  }
  const folded = foldEchoes(sayOnce(results)).map((result) => accepted(result, accept));
  return summary(base, [...folded, ...unknownNames(checks, folded, accept)]);
}

async function runCheck(check: Check, context: PreflightContext): Promise<CheckResult> {
  const { name, title, mechanism } = check;
  const started = performance.now();
  const result = (findings: Finding[], failed = false): CheckResult => ({
    ...{ check: name, title, mechanism, findings },
    outcome: failed ? 'error' : outcome(findings),
    durationMs: Math.round(performance.now() - started),
  });
  try {
    return result((await check.run(context)).map((found) => ({ check: name, ...found })));
  } catch (error) {
    return result([notLookedAt(check, error)], true);
  }
}

function notLookedAt(check: Check, error: unknown): Finding {
  return {
    ...{ check: check.name, severity: 'blocker', effect: 'none', object: check.title },
    seen: `could not be looked at: ${error instanceof Error ? error.message : String(error)}`,
    action: 'Nobody knows whether this is in order. Remove the cause and run the pre-flight again.',
  };
}

/** One cause, such as a scratch server that can't be made, keeps many checks from looking: it is told in full once. */
function sayOnce(results: CheckResult[]): CheckResult[] {
  const first = new Map<string, string>();
  return results.map((result) => {
    if (result.outcome !== 'error') return result;
    const [finding] = result.findings;
    const told = first.get(finding.seen);
    if (told === undefined) first.set(finding.seen, result.check);
    return told === undefined
      ? result
      : { ...result, findings: [{ ...finding, seen: `could not be looked at, for the same reason as ${told}` }] };
  });
}

function outcome(findings: Finding[]): CheckResult['outcome'] {
  if (findings.some((finding) => finding.severity === 'blocker')) return 'blocked';
  return findings.some((finding) => finding.severity === 'warning') ? 'warning' : 'passed';
}

function accepted(result: CheckResult, accept: ReadonlySet<string>): CheckResult {
  if (!accept.has(result.check) || result.outcome === 'error') return result;
  const findings = result.findings.map((finding): Finding =>
    finding.severity === 'blocker' && finding.judgement ? { ...finding, severity: 'warning', accepted: true } : finding,
  );
  return { ...result, findings, outcome: outcome(findings) };
}

/** A name in `accept` that changed nothing is a mistake that its writer wants to know of. */
function unknownNames(checks: readonly Check[], results: CheckResult[], accept: ReadonlySet<string>): CheckResult[] {
  const findings = [...accept].flatMap((name): Finding[] => {
    const result = results.find(({ check }) => check === name);
    const base = { check: 'accept', severity: 'warning', effect: 'none', object: name } as const;
    if (!result) {
      const action = `Name one of: ${checks.map((check) => check.name).join(', ')}.`;
      return [{ ...base, seen: 'accepted, but there is no check of this name', action }];
    }
    if (result.outcome !== 'blocked' && result.outcome !== 'error') return [];
    const action = 'Remove the cause: the upgrade would not get through, or nobody could know whether it does.';
    return [{ ...base, seen: 'accepted, but some of its blockers are no matter of judgement', action }];
  });
  if (findings.length === 0) return [];
  const title = 'What was accepted is there and can be accepted';
  return [{ check: 'accept', title, mechanism: 'plan', outcome: 'warning', durationMs: 0, findings }];
}

function summary(base: CheckContext, results: CheckResult[]): PreflightReport {
  const findings = results.flatMap((result) => result.findings);
  return {
    from: base.from.version,
    to: base.to.version,
    results,
    blockers: findings.filter((finding) => finding.severity === 'blocker').length,
    warnings: findings.filter((finding) => finding.severity === 'warning').length,
    passed: results.filter((result) => result.outcome === 'passed').length,
  };
}
