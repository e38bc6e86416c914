import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOptions, type DemoOptions } from '../../demo/options';
import { seenOutages } from '../../demo/outages';
import { held, summarize, type Seen } from '../../demo/summary';
import { summaryText } from '../../demo/summary-text';
import type { PhaseProgress, Progress } from '../../src/migration/progress';

describe('options', () => {
  const parse = (...args: string[]): DemoOptions => parseOptions(args, { out: () => undefined, err: () => undefined });

  test('have defaults', () => {
    expect(parse()).toEqual({ yes: false, keep: false, rows: 100_000, soakMs: 5_000 });
  });

  test('are read', () => {
    const file = join(tmpdir(), 'demo.json');
    expect(parse('--yes', '--keep', '--rows', '2_000_000', '--soak', '2s', '--json', file)).toEqual({
      yes: true,
      keep: true,
      rows: 2_000_000,
      soakMs: 2_000,
      json: file,
    });
  });

  test.each([
    [['--rows', 'many'], /whole number/],
    [['--rows', '0'], /whole number/],
    [['--soak', 'long'], /length of time/],
    [['--json', '/no/such/directory/demo.json'], /can't be written to/],
    [['--jason', 'x'], /unknown option '--jason'/],
    [['now'], /too many arguments/],
  ])('%j is refused with a sentence', (args, sentence) => {
    expect(() => parse(...args)).toThrow(sentence);
  });
});

const at = (ms: number): Date => new Date(1_000_000 + ms);

function phase(from: number, outageAt: number, more: Partial<PhaseProgress> = {}): PhaseProgress {
  return {
    name: `${from}-${from + 1}`,
    from,
    to: from + 1,
    state: 'done',
    mode: 'copy',
    checks: { passed: 20, failed: 0 },
    warnings: [],
    differences: [],
    configurationChanges: [],
    predictedOutageMs: 2_100.4,
    durationMs: 20_000,
    steps: [
      {
        name: 'evidence before',
        state: 'done',
        startedAt: at(0).getTime(),
        durationMs: 10,
        detail: '70 rows of 7 tables',
      },
      { name: 'outage', state: 'done', startedAt: at(outageAt).getTime(), durationMs: 3_000 },
    ],
    ...more,
  };
}

function migration(phases: PhaseProgress[], outcome: Progress['outcome'] = 'completed'): Progress {
  return {
    cluster: 'demo',
    migration: 'm',
    startedAt: at(0).getTime(),
    outcome,
    status: 'PostgreSQL 17 serves',
    next: '',
    runningVersion: 17,
    to: 17,
    phases,
    log: [],
  };
}

const outages = [
  { from: at(10_200), to: at(12_200), ms: 2_000.3 },
  { from: at(20_000), to: at(20_050), ms: 50 },
  { from: at(30_100), to: at(32_900), ms: 2_800 },
];

test('a time without writes belongs to the phase whose outage it falls into', () => {
  const seen = seenOutages(outages, [phase(15, 10_000), phase(16, 30_000)]);
  expect([...seen.byPhase]).toEqual([
    ['15-16', 2_000.3],
    ['16-17', 2_800],
  ]);
  expect(seen.others).toEqual([outages[1]]);
});

describe('the result', () => {
  const progress = migration([phase(15, 10_000), phase(16, 30_000)]);
  const seen: Seen = {
    outages: seenOutages(outages, progress.phases),
    acknowledged: 500,
    check: { acknowledged: 500, missing: 0, extra: 0, unknown: 3 },
  };

  test('has the outages as the writers saw them', () => {
    expect(summarize(progress, seen)).toEqual({
      outcome: 'completed',
      phases: [
        { from: 15, to: 16, mode: 'copy', outageMs: 2_000, predictedOutageMs: 2_100, durationMs: 20_000 },
        { from: 16, to: 17, mode: 'copy', outageMs: 2_800, predictedOutageMs: 2_100, durationMs: 20_000 },
      ],
      writes: { acknowledged: 500, missing: 0 },
      checks: { passed: 40, failed: 0 },
    });
    expect(held(summarize(progress, seen))).toBe(true);
  });

  test('does not hold when writes are missing, a check failed, or the migration did not complete', () => {
    const lost: Seen = { ...seen, check: { acknowledged: 500, missing: 1, extra: 0, unknown: 0 } };
    const failed = migration([phase(15, 10_000, { checks: { passed: 19, failed: 1 } })]);
    expect(held(summarize(progress, lost))).toBe(false);
    expect(held(summarize(failed, seen))).toBe(false);
    expect(held(summarize(migration(progress.phases, 'stopped'), seen))).toBe(false);
  });

  test('says what it does not know', () => {
    const planned = phase(15, 0, {
      state: 'planned',
      mode: undefined,
      predictedOutageMs: undefined,
      durationMs: undefined,
      steps: [],
    });
    const unseen: Seen = { outages: seenOutages([], [planned]), acknowledged: 12 };
    expect(summarize(migration([planned], 'failed'), unseen)).toMatchObject({
      phases: [{ mode: null, outageMs: null, predictedOutageMs: null, durationMs: null }],
      writes: { acknowledged: 12, missing: null },
    });
    expect(held(summarize(undefined, unseen))).toBe(false);
    expect(summaryText(undefined, unseen, summarize(undefined, unseen), 100)).toContain('did not begin');
  });

  test('is shown with the interruption that no outage explains', () => {
    const text = summaryText(progress, seen, summarize(progress, seen), 200);
    expect(text).toContain('500 acknowledged, 0 of them missing, 3 never answered');
    expect(text).toMatch(/could not write for 50 ms at .*outside of any phase's outage/);
    expect(text).toContain('70 rows of 7 tables');
    expect(text).toContain('Everything held.');
  });
});
