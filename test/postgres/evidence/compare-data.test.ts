import { compareTables } from '../../../src/postgres/evidence/compare-data';
import { compareSequences } from '../../../src/postgres/evidence/compare-sequences';
import type { MeasuredTable } from '../../../src/postgres/evidence/table-data';
import { evidenceOf, table } from './evidence';

const counters = (inserted = 0, updated = 0, deleted = 0, file = '1') => ({ inserted, updated, deleted, file });
const before = table({ written: counters(100, 5, 5) });
const atStop = counters(100, 5, 5);
const after = (values: Partial<MeasuredTable> = {}): MeasuredTable => table({ written: counters(), ...values });

function judge(
  now: MeasuredTable | undefined,
  stop: MeasuredTable['written'] | undefined = atStop,
  start?: MeasuredTable['written'],
  old = before,
): string {
  const [database] = evidenceOf({ tables: [old] }).databases;
  const [same] = evidenceOf({ tables: now ? [now] : [] }).databases;
  const checks = compareTables(database, same, stop && { 'public.t': stop }, start && { 'public.t': start });
  expect(checks).toHaveLength(1);
  return `${checks[0].outcome}: ${checks[0].detail}`;
}

test('a quiet table that is equal passes', () => {
  expect(judge(after())).toBe('passed: 1 table with 10 rows, by checksum');
  expect(judge(after({ checksum: undefined }))).toBe(
    'passed: 1 table with 10 rows, 0 by checksum, the others by count',
  );
});

test('a quiet table with another row, another value, or no table at all, has lost something', () => {
  expect(judge(after({ rows: 9, checksum: '41' }))).toBe(
    'failed: public.t: 10 rows before, 9 now; nothing was written in between',
  );
  expect(judge(after({ rows: 11, checksum: '43' }))).toContain('failed: public.t: 10 rows before, 11 now');
  expect(judge(after({ checksum: '41' }))).toContain(
    'failed: public.t: 10 rows before, 10 now, checksum 42 before, 41 now',
  );
  expect(judge(undefined)).toBe('failed: public.t: 10 rows before, no table now');
});

test('a table that was added to, before the stop or after the start, may not have fewer rows', () => {
  expect(judge(after({ rows: 12, checksum: '7' }), counters(102, 5, 5))).toContain(
    'passed: public.t: 10 rows before, 12 now; 2 inserted',
  );
  expect(judge(after({ rows: 12, checksum: '7', written: counters(2) }))).toContain('passed');
  expect(judge(after({ rows: 9, checksum: '7' }), counters(102, 6, 5))).toContain(
    'failed: public.t: 10 rows before, 9 now; 2 inserted, 1 updated',
  );
});

test('a table that was deleted from is named with its numbers, and equal rows still prove it', () => {
  expect(judge(after({ rows: 9, checksum: '7' }), counters(101, 5, 7))).toBe(
    'not comparable: public.t: 10 rows before, 9 now; 1 inserted, 0 updated, 2 deleted in between',
  );
  expect(judge(after(), counters(101, 5, 6))).toContain('passed');
});

test('writes that came while the table was read count', () => {
  expect(judge(after({ rows: 9, checksum: '7', writtenWhileRead: counters(0, 0, 1) }))).toContain('not comparable');
});

test('a write that no counter knows of yet is seen by the row it left', () => {
  const read = { ...before, readBefore: 1000 };
  const now = (rows: number, newestRow: number): MeasuredTable => after({ rows, checksum: '7', newestRow });
  const judged = (table: MeasuredTable, start?: MeasuredTable['written']): string => judge(table, atStop, start, read);
  expect(judged(now(11, 1000))).toContain('passed: public.t: 10 rows before, 11 now; written to in between, and not');
  expect(judged(now(9, 1000))).toContain('not comparable');
  expect(judged(now(11, 999))).toContain('failed');
  expect(judged(now(9, 1000), counters(0, 0, 0))).toContain('failed');
});

test('TRUNCATE is not counted, and seen by the file, on the old server and on the new one', () => {
  expect(judge(after({ rows: 0, checksum: '0', written: counters(0, 0, 0, '2') }), counters(100, 5, 5, '2'))).toContain(
    'not comparable',
  );
  expect(judge(after({ rows: 0, checksum: '0', written: counters(0, 0, 0, '2') }))).toContain('emptied or rewritten');
});

test('after a restore the counters and files at the start are what counts from', () => {
  const restored = counters(10, 0, 0, '7');
  expect(judge(after({ rows: 9, checksum: '7', written: restored }), atStop, restored)).toContain('failed');
  expect(judge(after({ rows: 11, checksum: '7', written: counters(11, 0, 0, '7') }), atStop, restored)).toContain(
    'passed',
  );
});

test('counters that were set back, or are not there, prove nothing; equal rows do', () => {
  expect(judge(after({ rows: 9, checksum: '7' }), counters())).toContain(
    'not comparable: public.t: 10 rows before, 9 now; what was written',
  );
  expect(judge(after(), counters())).toContain('passed');
  const [database] = evidenceOf({ tables: [before] }).databases;
  const [same] = evidenceOf({ tables: [after({ rows: 9 })] }).databases;
  expect(compareTables(database, same)[0].outcome).toBe('not comparable');
});

test('twenty tables are named, the others counted', () => {
  const many = (rows: number) =>
    evidenceOf({ tables: Array.from({ length: 25 }, (_, n) => table({ name: `public.t${n}`, rows })) }).databases[0];
  const [{ detail }] = compareTables(
    many(1),
    many(0),
    Object.fromEntries(many(1).tables.map(({ name, written }) => [name, written])),
  );
  expect(detail).toContain('public.t19');
  expect(detail).not.toContain('public.t20');
  expect(detail).toMatch(/; \+5 more$/);
});

const position = (last: number, called = true, increment = 1, cycles = false) =>
  JSON.stringify({ last: String(last), called, increment: String(increment), cycles });

test.each([
  ['passed', position(5), position(5)],
  ['passed', position(5), position(9)],
  ['passed', position(1, false), position(1, true)],
  ['failed', position(5), position(4)],
  ['failed', position(1, true), position(1, false)],
  ['failed', position(-5, true, -1), position(-4, true, -1)],
  ['passed', position(-5, true, -1), position(-6, true, -1)],
  ['passed', position(9, true, 1, true), position(1, true, 1, true)],
])('a sequence may go on and not back: %s for %s → %s', (outcome, old, now) => {
  const [database, same] = [old, now].map(
    (sequence) => evidenceOf({ sequences: { 'public.s': sequence } }).databases[0],
  );
  expect(compareSequences(database, same)[0].outcome).toBe(outcome);
});
