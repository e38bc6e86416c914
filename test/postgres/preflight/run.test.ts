import type { Check, CheckContext, Found } from '../../../src/postgres/preflight/check';
import { CHECKS } from '../../../src/postgres/preflight/checks';
import { runPreflight } from '../../../src/postgres/preflight/run';

const BLOCKER: Found = {
  ...{ severity: 'blocker', effect: 'breaks later', object: 'view public.v', database: 'app' },
  ...{ seen: 'seen', action: 'action' },
};

function check(name: string, found: Found[] | Error): Check {
  const run = () => (found instanceof Error ? Promise.reject(found) : Promise.resolve(found));
  return { name, title: `title of ${name}`, mechanism: 'none', run };
}

/** None of these checks looks at a cluster. */
const CONTEXT = { from: { version: 15 }, to: { version: 16 } } as unknown as CheckContext;

describe('runPreflight', () => {
  test('counts findings by severity, and checks without one', async () => {
    const checks = [
      check('a', [BLOCKER, { ...BLOCKER, severity: 'warning' }]),
      check('b', [{ ...BLOCKER, severity: 'notice' }]),
      check('c', []),
    ];
    const report = await runPreflight(CONTEXT, { checks });
    expect(report).toMatchObject({ from: 15, to: 16, blockers: 1, warnings: 1, passed: 2 });
    expect(report.results.map(({ outcome }) => outcome)).toEqual(['blocked', 'passed', 'passed']);
  });

  test('a check that fails is an error that says what nobody knows, blocks, and can not be accepted', async () => {
    const checks = [check('a', new Error('connection refused')), check('b', [])];
    const report = await runPreflight(CONTEXT, { checks, accept: ['a'] });
    expect(report.results[0]).toMatchObject({
      outcome: 'error',
      findings: [{ check: 'a', severity: 'blocker', object: 'title of a' }],
    });
    expect(report.results[0].findings[0].seen).toBe('could not be looked at: connection refused');
    expect(report).toMatchObject({ blockers: 1, passed: 1 });
    expect(report.results.at(-1)).toMatchObject({ check: 'accept', findings: [{ object: 'a' }] });
  });

  test('one cause that keeps several checks from looking is told in full once', async () => {
    const failing = ['a', 'b'].map((name) => check(name, new Error('initdb failed')));
    const { results, blockers } = await runPreflight(CONTEXT, { checks: failing });
    expect(results.map(({ findings }) => findings[0].seen)).toEqual([
      'could not be looked at: initdb failed',
      'could not be looked at, for the same reason as a',
    ]);
    expect(blockers).toBe(2);
  });

  test('accepted blockers become warnings, as far as they are a matter of judgement', async () => {
    const checks = [check('a', [{ ...BLOCKER, judgement: true }, BLOCKER])];
    const report = await runPreflight(CONTEXT, { checks, accept: ['a'] });
    const severities = report.results[0].findings.map(({ severity, accepted }) => [severity, accepted]);
    expect(severities).toEqual([
      ['warning', true],
      ['blocker', undefined],
    ]);
    expect(report.results[0].outcome).toBe('blocked');
  });

  test('a name in accept that is no check is told with the names that there are', async () => {
    const report = await runPreflight(CONTEXT, { checks: [check('a', [])], accept: ['b', 'a'] });
    expect(report.results.at(-1)?.findings).toEqual([
      expect.objectContaining({ check: 'accept', severity: 'warning', object: 'b', action: 'Name one of: a.' }),
    ]);
  });

  test('what the rehearsing checks see again is folded only beside what nobody can accept', async () => {
    const again = check('scratch-restore', [{ ...BLOCKER, object: 'view public.v' }]);
    const hard = await runPreflight(CONTEXT, { checks: [check('views', [BLOCKER]), again] });
    expect(hard).toMatchObject({ blockers: 1 });
    expect(hard.results[1].findings[0]).toMatchObject({
      severity: 'notice',
      action: 'See views, which names the cause.',
    });
    const soft = await runPreflight(CONTEXT, { checks: [check('views', [{ ...BLOCKER, judgement: true }]), again] });
    expect(soft).toMatchObject({ blockers: 2 });
  });

  test('every check has a name of its own', () => {
    const names = CHECKS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
  });
});
