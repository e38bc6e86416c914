import { events } from '../../../src/report/events';
import { nextCommands } from '../../../src/report/next-command';
import { statusView } from '../../../src/report/status-view';
import type { Alarm } from '../../../src/migration/soak';
import { gate, HOUR, NOW, phase, progress } from './sample-progress';

const cpu: Alarm = { name: 'cpu', severity: 'warning', since: NOW, detail: 'over 80 %' };
const view = (...args: Parameters<typeof progress>): string =>
  statusView(progress(...args), NOW, { columns: 120, rows: Infinity }).join('\n');

test('a soak shows what is left of it, the evidence, the way back, and what was said', () => {
  const shown = view();
  expect(shown).toMatch(/^orders: PostgreSQL 16 → 17, running\n/);
  expect(shown).toMatch(/✓ pre-flight +12\.0 s {2}42 passed/);
  expect(shown).toContain('soak ends in 24 h 00 min (2026-03-02 12:00:00 UTC)');
  expect(shown).toContain('evidence 3f2a9c01');
  expect(shown).toContain('alarms: none');
  expect(shown).toMatch(/way back: stop 16, start 15 .*loses\s+everything written since 16 was opened/);
  expect(shown).toContain('· 16 → 17: planned.');
  expect(shown).toContain('dora paused the migration');
});

test('before the outage the way back loses nothing', () => {
  const early = phase({ state: 'running', outageMs: undefined, gate: undefined, steps: [] });
  expect(view({ phases: [early] })).toMatch(/way back: remove the prepared target[^]*loses nothing/);
  const during = { ...early, steps: [{ name: 'outage', state: 'running' as const, startedAt: NOW - 1_500 }] };
  expect(view({ phases: [during] })).toMatch(/▶ outage +1\.50 s[^]*way back: start 15 again on its untouched/);
});

test('where rows are few, finished steps give way to what to do next', () => {
  const steps = Array.from({ length: 12 }, (_, index) => ({
    name: `step ${index}`,
    state: 'done' as const,
    startedAt: NOW,
    durationMs: 5,
  }));
  const lines = statusView(progress({ phases: [phase({ steps })] }), NOW + 25 * HOUR, { columns: 120, rows: 18 });
  expect(lines.length).toBeLessThanOrEqual(18);
  expect(lines.join('\n')).toMatch(/… \d+ steps before these[^]*step 11/);
  expect(lines.at(-1)).toBe('    pgpassage rollback orders --to 15 --accept writes-since-15-16');
});

test('what a name in the cluster holds does not steer the terminal', () => {
  const shown = view({ status: 'table \u001b[2Jevil\nnext' });
  expect(shown).toContain('table �[2Jevil next');
  expect(shown).not.toContain('\u001b');
});

describe('the next command', () => {
  const at = (overrides: Parameters<typeof gate>[0], now = NOW): string[] =>
    nextCommands(progress({ phases: [phase({ gate: gate(overrides) })] }), now);
  const rollback = 'pgpassage rollback orders --to 15 --accept writes-since-15-16';

  test('is none while the soak goes well', () => {
    expect(at({})).toEqual([]);
  });
  test('approves what was seen once the soak is over, or goes back', () => {
    expect(at({}, NOW + 25 * HOUR)).toEqual(['pgpassage approve orders --phase 15-16 --evidence 3f2a9c01', rollback]);
  });
  test('names the alarms that an approval has to accept, quoted for the shell', () => {
    const alarms = [cpu, { ...cpu, name: "bob's table" }];
    expect(at({ alarms })[0]).toBe(
      "pgpassage approve orders --phase 15-16 --evidence 3f2a9c01 --accept-alarm cpu --accept-alarm 'bob'\\''s table' --early",
    );
  });
  test('follows the outcome', () => {
    expect(nextCommands(progress({ paused: { by: 'dora' } }), NOW)).toEqual(['pgpassage resume orders']);
    expect(nextCommands(progress({ outcome: 'completed' }), NOW)).toContain('pgpassage finalize orders');
    expect(nextCommands(progress({ outcome: 'failed' }), NOW)).toEqual(['pgpassage report orders']);
  });
});

describe('lines for pipes', () => {
  test('tell everything so far at the first look, and then what is new', () => {
    const before = progress();
    expect(events(undefined, before, NOW)).toEqual([
      '2026-03-01 12:00:00 UTC  dora paused the migration',
      '15-16 pre-flight: done in 12.0 s (42 passed)',
      '15-16 outage: done in 2.20 s (2130 ms)',
      'orders: 16 serves; soak until tomorrow',
    ]);
    expect(events(before, before, NOW)).toEqual([]);
  });
  test('tell an alarm, its end and the decision', () => {
    const quiet = progress();
    const alarmed = progress({ phases: [phase({ gate: gate({ alarms: [cpu] }) })] });
    const decision = { kind: 'approved' as const, by: 'ada', at: NOW, note: 'seen' };
    const approved = progress({ phases: [phase({ gate: gate({ decision }) })] });
    expect(events(quiet, alarmed, NOW)).toEqual(['15-16 ALARM cpu: over 80 %']);
    expect(events(alarmed, approved, NOW)).toEqual(['15-16 alarm cpu is over', '15-16 approved by ada: seen']);
  });
});
