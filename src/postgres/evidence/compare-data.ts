import { count, list } from './describe';
import type { ComparisonCheck, DatabaseEvidence, TableEvidence } from './evidence';
import type { MeasuredTable } from './table-data';
import type { WriteCounters } from './write-counters';

type Counters = Record<string, WriteCounters>;

/** What a table's rows prove. */
type Verdict =
  | 'equal'
  | 'grown'
  | 'different'
  | 'lost'
  | 'gone'
  /** Written to in a way, or counted in a way, that rows before and now can't be held against each other. */
  | 'busy';

interface Judged {
  verdict: Verdict;
  detail: string;
}

const NOTHING_WRITTEN: WriteCounters = { inserted: 0, updated: 0, deleted: 0 };

/**
 * Compares the rows of one database's tables. A quiet table, which nothing was written to between the first evidence and
 * the stop nor between the start and the second evidence, has to be equal to the last row. One that was only added to
 * may not have fewer rows. Of any other, equal rows and checksum still prove that nothing is lost; else it is named.
 */
export function compareTables(
  before: DatabaseEvidence,
  after: DatabaseEvidence,
  atStop: Counters | undefined,
  atStart: Counters = {},
): ComparisonCheck[] {
  const now = new Map(after.tables.map((table) => [table.name, table]));
  const judged = before.tables.map((table) => ({
    table,
    ...judge(table, now.get(table.name), atStop?.[table.name], atStart[table.name] ?? NOTHING_WRITTEN),
  }));
  const of = (...verdicts: Verdict[]): typeof judged => judged.filter(({ verdict }) => verdicts.includes(verdict));
  const checks: ComparisonCheck[] = [];
  const add = (what: string, outcome: ComparisonCheck['outcome'], found: typeof judged, text: string): void => {
    if (found.length > 0) checks.push({ name: `${before.name}: ${what}`, outcome, detail: text });
  };
  const rows = (found: typeof judged): number => found.reduce((sum, { table }) => sum + table.rows, 0);
  const named = (found: typeof judged): string =>
    list(
      found.map(({ table, detail }) => `${table.name}: ${detail}`),
      '; ',
    );
  add(
    'tables that are equal',
    'passed',
    of('equal'),
    `${count(of('equal').length, 'table')} with ${count(rows(of('equal')), 'row')}, ${proof(of('equal'))}`,
  );
  add('tables that were added to', 'passed', of('grown'), named(of('grown')));
  add('tables that were changed or emptied', 'not comparable', of('busy'), named(of('busy')));
  add(
    'tables with other rows than before',
    'failed',
    of('different', 'lost', 'gone'),
    named(of('different', 'lost', 'gone')),
  );
  return checks;
}

function proof(equal: { table: TableEvidence }[]): string {
  const summed = equal.filter(({ table }) => table.checksum !== undefined).length;
  return summed === equal.length ? 'by checksum' : `${summed} by checksum, the others by count`;
}

function judge(
  before: MeasuredTable,
  after: MeasuredTable | undefined,
  atStop: WriteCounters | undefined,
  atStart: WriteCounters,
): Judged {
  if (!after) return { verdict: 'gone', detail: `${count(before.rows, 'row')} before, no table now` };
  const seen = `${count(before.rows, 'row')} before, ${after.rows} now`;
  if (isEqual(before, after)) return { verdict: 'equal', detail: seen };
  const written = atStop && writes(before, atStop, after, atStart);
  if (!written) return { verdict: 'busy', detail: `${seen}; what was written in between is not known` };
  const { inserted, updated, deleted, rewritten } = written;
  const wrote = `${inserted} inserted, ${updated} updated, ${deleted} deleted in between`;
  if (rewritten) return { verdict: 'busy', detail: `${seen}; emptied or rewritten as a whole in between, ${wrote}` };
  if (inserted + updated + deleted === 0)
    return { verdict: 'different', detail: `${seen}${sums(before, after)}; nothing was written in between` };
  if (deleted > 0) return { verdict: 'busy', detail: `${seen}; ${wrote}` };
  if (after.rows < before.rows) return { verdict: 'lost', detail: `${seen}; ${wrote}` };
  return { verdict: 'grown', detail: `${seen}; ${wrote}` };
}

/** Equal as far as both were read: a table that is only counted on one side is compared by count. */
function isEqual(before: TableEvidence, after: TableEvidence): boolean {
  if (before.rows !== after.rows) return false;
  return before.checksum === undefined || after.checksum === undefined || before.checksum === after.checksum;
}

const sums = (before: TableEvidence, after: TableEvidence): string =>
  before.rows === after.rows ? `, checksum ${before.checksum} before, ${after.checksum} now` : '';

/** What was written between the two readings; undefined where the counters were set back or are not there. */
function writes(
  before: MeasuredTable,
  atStop: WriteCounters,
  after: MeasuredTable,
  atStart: WriteCounters,
): (WriteCounters & { rewritten: boolean }) | undefined {
  const now = after.writtenWhileRead ?? after.written;
  const sum = (key: 'inserted' | 'updated' | 'deleted'): number =>
    atStop[key] - before.written[key] + now[key] - atStart[key];
  const setBack = (['inserted', 'updated', 'deleted'] as const).some(
    (key) => atStop[key] < before.written[key] || now[key] < atStart[key],
  );
  if (setBack) return undefined;
  const files = [before.written.file, atStop.file, now.file].filter((file) => file !== undefined);
  return {
    inserted: sum('inserted'),
    updated: sum('updated'),
    deleted: sum('deleted'),
    rewritten: new Set(files).size > 1,
  };
}
