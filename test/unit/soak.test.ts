import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { stepMigrationInput } from '../../src/migration/input';
import {
  initialSoakState,
  judge,
  soakThresholds,
  type Alarm,
  type Measured,
  type SoakSample,
  type SoakState,
} from '../../src/migration/soak';
import { PROBLEMS, type Measure } from '../../src/migration/soak-thresholds';

const MINUTE = 60_000;
const MB = 1024 ** 2;
const defaults = soakThresholds.parse({});

/** A look `minutes` into the soak at a server that answers. */
function look(minutes: number, values: Partial<Record<Measure, number>> = {}, problems: string[] = []): SoakSample {
  const measured = Object.entries(values).map(([name, value]) => [name, { value, detail: `${name} ${value}` }]);
  return {
    at: minutes * MINUTE,
    answered: true,
    measures: Object.fromEntries(measured) as Partial<Record<Measure, Measured>>,
    problems: problems.map((name) => ({ name, detail: `${name} seen` })),
  };
}

/** The names of the alarms after each look. */
function watch(samples: SoakSample[], thresholds = defaults, state = initialSoakState()): string[][] {
  return run(samples, thresholds, state).alarms.map((alarms) => alarms.map((alarm) => alarm.name));
}

function run(samples: SoakSample[], thresholds = defaults, state = initialSoakState()) {
  const alarms: Alarm[][] = [];
  for (const sample of samples) {
    const judged = judge(state, sample, thresholds);
    state = judged.state;
    alarms.push(judged.alarms);
  }
  return { state, alarms };
}

describe('the defaults', () => {
  test.each<[Measure, number, number, number]>([
    ['slow-queries', 0, 1, 5],
    ['replica-lag', 50 * MB, 50 * MB + 1, 5],
    ['cpu', 80, 80.1, 10],
    ['free-disk', 20, 19.9, 0],
    ['log-errors', 10, 11, 0],
    ['long-transaction', 60 * MINUTE, 60 * MINUTE + 1, 0],
    ['prepared-transaction', 60 * MINUTE, 60 * MINUTE + 1, 0],
  ])('%s: %d is fine, %d is an alarm once it has lasted for %d min', (name, fine, wrong, minutes) => {
    expect(watch([look(0, { [name]: fine }), look(60, { [name]: fine })])).toEqual([[], []]);
    const samples = [
      look(0, { [name]: wrong }),
      look(minutes - 0.1, { [name]: wrong }),
      look(minutes, { [name]: wrong }),
    ];
    expect(watch(samples)).toEqual(minutes === 0 ? [[name], [name], [name]] : [[], [], [name]]);
  });

  test('slow queries count from what there was before the phase', () => {
    const before = initialSoakState([look(0, { 'slow-queries': 2 }), look(1, { 'slow-queries': 3 })]);
    const samples = (value: number) => [look(0, { 'slow-queries': value }), look(9, { 'slow-queries': value })];
    expect(watch(samples(3), defaults, before)).toEqual([[], []]);
    expect(watch(samples(4), defaults, before)).toEqual([[], ['slow-queries']]);
  });
});

describe('an alarm', () => {
  test('needs its measure to be wrong without a break', () => {
    expect(watch([look(0, { cpu: 90 }), look(9, { cpu: 70 }), look(10, { cpu: 90 }), look(19, { cpu: 90 })])).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });

  test('clears by itself and stays in the report', () => {
    const { state, alarms } = run([
      look(0, { 'free-disk': 9 }),
      look(5, { 'free-disk': 8 }),
      look(6, { 'free-disk': 30 }),
      look(7, { 'free-disk': 7 }),
    ]);
    expect(alarms.map((each) => each.length)).toEqual([1, 1, 0, 1]);
    expect(alarms[3]).toEqual([{ name: 'free-disk', severity: 'warning', since: 7 * MINUTE, detail: 'free-disk 7' }]);
    expect(state.raised).toEqual([
      { name: 'free-disk', severity: 'warning', first: 0, last: 7 * MINUTE, times: 2, detail: 'free-disk 7' },
    ]);
  });

  test('of a problem is raised at once, the critical ones first', () => {
    const { alarms } = run([look(3, { 'free-disk': 1 }, ['standby-lost', 'crash'])]);
    expect(alarms[0].map(({ name, severity }) => [name, severity])).toEqual([
      ['crash', 'critical'],
      ['free-disk', 'warning'],
      ['standby-lost', 'warning'],
    ]);
  });

  test('does not clear while the server does not answer', () => {
    const silent = { ...look(2, { cpu: 1 }, ['no-answer']), answered: false };
    expect(watch([look(1, { 'log-errors': 99 }, ['invalid-index']), silent, look(3, { 'log-errors': 0 })])).toEqual([
      ['invalid-index', 'log-errors'],
      ['invalid-index', 'log-errors', 'no-answer'],
      [],
    ]);
  });

  test('is not raised by a look that did not see its measure, but its time goes on', () => {
    expect(watch([look(0, { cpu: 90 }), look(10), look(11, { cpu: 90 })])).toEqual([[], [], ['cpu']]);
    expect(watch([look(0, { cpu: 90 }), look(10), look(11, { cpu: 10 })])).toEqual([[], [], []]);
  });

  test('is not put off by a worker whose clock is behind', () => {
    expect(watch([look(5, { cpu: 90 }), look(3, { cpu: 90 }), look(15, { cpu: 90 })])).toEqual([[], [], ['cpu']]);
  });

  test('of an unknown name is a warning', () => {
    expect(run([look(0, {}, ['not-watched'])]).alarms[0]).toMatchObject([{ name: 'not-watched', severity: 'warning' }]);
  });
});

describe('thresholds', () => {
  test('can be changed one by one, and switched off', () => {
    const thresholds = soakThresholds.parse({
      cpu: { over: 95 },
      'replica-lag': { over: '1 GB', lasting: 0 },
      'free-disk': 'off',
      ignore: ['standby-lost'],
    });
    expect(thresholds.cpu).toEqual({ over: 95, lasting: '10m' });
    const values = { cpu: 94, 'replica-lag': 1024 * MB, 'free-disk': 0 };
    expect(watch([look(0, values, ['standby-lost']), look(60, values)], thresholds)).toEqual([[], []]);
    expect(watch([look(0, { 'replica-lag': 1024 * MB + 1 })], thresholds)).toEqual([['replica-lag']]);
  });

  test('an alarm that stands when its threshold is switched off is gone', () => {
    const { state } = run([look(0, { 'free-disk': 1 })]);
    expect(watch([look(1, { 'free-disk': 1 })], soakThresholds.parse({ 'free-disk': 'off' }), state)).toEqual([[]]);
  });

  test.each([
    [{ cpu: { over: 101 } }, 'cpu.over'],
    [{ cpu: { lasting: 'soon' } }, 'cpu.lasting'],
    [{ 'replica-lag': { over: '50 megs' } }, 'replica-lag.over'],
    [{ cpu: 'on' }, 'cpu'],
    [{ cpus: 'off' }, ''],
    [{ ignore: ['cpu'] }, 'ignore.0'],
  ])('%j is refused and the field is named', (input, path) => {
    const issues = soakThresholds.safeParse(input).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  test('are documented, each by its name, with an example that can be given to a migration', () => {
    const text = readFileSync(join(__dirname, '../../docs/soak.md'), 'utf8');
    for (const name of [...Object.keys(PROBLEMS), ...Object.keys(defaults)]) expect(text).toContain(`\`${name}\``);
    const [, example] = /```json\n([^]*?)```/.exec(text)!;
    expect(stepMigrationInput.parse(JSON.parse(example)).thresholds.ignore).toEqual(['standby-lost']);
  });

  test('what was parsed parses to the same again: plans are stored and read back', () => {
    expect(soakThresholds.parse(JSON.parse(JSON.stringify(defaults)))).toEqual(defaults);
  });
});

describe('whatever is seen', () => {
  const value = fc.record({ cpu: fc.constantFrom(10, 90), 'free-disk': fc.constantFrom(10, 90) }, { requiredKeys: [] });
  const problems = fc.uniqueArray(fc.constantFrom('crash', 'standby-lost', 'no-answer'));
  const samples = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 6 }), value, problems), { maxLength: 25 })
    .map((steps) => {
      let minutes = 0;
      return steps.map(([pause, values, seen]) => ({
        ...look((minutes += pause), values, seen),
        answered: !seen.includes('no-answer'),
      }));
    });

  /** From the whole history, without a state: wrong at this look and at every one that saw it for ten minutes back. */
  function cpuAlarm(history: SoakSample[]): boolean {
    const seen = history.filter((sample) => sample.measures.cpu);
    const now = seen.at(-1);
    const lastFine = seen.findLastIndex((sample) => sample.measures.cpu!.value < 80);
    const first = seen[lastFine + 1];
    return now !== undefined && first !== undefined && now.at - first.at >= 10 * MINUTE;
  }

  test('a measure alarms exactly when its history says so', () => {
    fc.assert(
      fc.property(samples, (history) => {
        const alarmed = watch(history).map((names) => names.includes('cpu'));
        expect(alarmed).toEqual(history.map((_, index) => cpuAlarm(history.slice(0, index + 1))));
      }),
    );
  });

  test('every alarm is in the report for good, and counted', () => {
    fc.assert(
      fc.property(samples, (history) => {
        const names = watch(history);
        const { raised } = run(history).state;
        expect(new Set(raised.map((entry) => entry.name))).toEqual(new Set(names.flat()));
        for (const { name, times } of raised) {
          const starts = names.filter((now, index) => now.includes(name) && !names[index - 1]?.includes(name));
          expect(times).toBe(starts.length);
        }
      }),
    );
  });

  test('the state is plain data and is left as it was', () => {
    fc.assert(
      fc.property(samples, (history) => {
        let [kept, travelled]: SoakState[] = [initialSoakState(), initialSoakState()];
        for (const sample of history) {
          const text = JSON.stringify(kept);
          const next = judge(kept, sample, defaults).state;
          expect(JSON.stringify(kept)).toBe(text);
          travelled = JSON.parse(JSON.stringify(judge(travelled, sample, defaults).state)) as SoakState;
          expect(travelled).toEqual(next);
          kept = next;
        }
      }),
    );
  });
});
