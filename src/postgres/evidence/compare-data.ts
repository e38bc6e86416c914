import { count, list } from './describe';
import type { ComparisonCheck, DatabaseEvidence, TableEvidence } from './evidence';
import type { MeasuredTable } from './table-data';
import type { WriteCounters } from './write-counters';

type Counters = Record<string, WriteCounters>;

/** What a table's rows prove. */
type Verdict =
  | 'equal'
  | 'grown'
  /** Written to in a way, or counted in a way, that rows before and now can't be held against each other. */
  | 'changed'
  | 'lost';

interface Judged {
  table: TableEvidence;
  verdict: Verdict;
  /** What was seen, for the report. */
  seen: string;
  /** Every value was compared, and not only how many rows there are. */
  summed?: boolean;
}

const CHECKS: { verdict: Verdict; name: string; outcome: ComparisonCheck['outcome'] }[] = [
  { verdict: 'equal', name: 'tables that are equal', outcome: 'passed' },
  { verdict: 'grown', name: 'tables that were written to, with nothing deleted', outcome: 'passed' },
  { verdict: 'changed', name: 'tables that were deleted from or rewritten', outcome: 'not comparable' },
  { verdict: 'lost', name: 'tables that have lost rows or values', outcome: 'failed' },
];

const NOTHING_WRITTEN: WriteCounters = { inserted: 0, updated: 0, deleted: 0 };

/**
 * Compares the rows of one database's tables. A quiet table, which nothing was written to between the first evidence and
 * the stop nor between the start and the second evidence, has to be equal to the last row. One that nothing was deleted
 * from may not have fewer rows. Of any other, equal rows and checksum still prove that nothing is lost; else it is named.
 */
export function compareTables(
  before: DatabaseEvidence,
  after: DatabaseEvidence,
  atStop: Counters = {},
  atStart: Counters = {},
): ComparisonCheck[] {
  const now = new Map(after.tables.map((table) => [table.name, table]));
  const judged = before.tables.map((table) =>
    judge(table, now.get(table.name), atStop[table.name], atStart[table.name]),
  );
  return CHECKS.flatMap(({ verdict, name, outcome }) => {
    const found = judged.filter((table) => table.verdict === verdict);
    if (found.length === 0) return [];
    const each = found.map(({ table, seen }) => `${table.name}: ${seen}`);
    return [{ name: `${before.name}: ${name}`, outcome, detail: verdict === 'equal' ? sum(found) : list(each, '; ') }];
  });
}

function sum(equal: Judged[]): string {
  const rows = equal.reduce((total, { table }) => total + table.rows, 0);
  return `${count(equal.length, 'table')} with ${count(rows, 'row')}, ${proof(equal)}`;
}

function proof(equal: Judged[]): string {
  const summed = equal.filter((table) => table.summed).length;
  return summed === equal.length ? 'by checksum' : `${summed} by checksum, the others by count`;
}

function judge(
  table: MeasuredTable,
  now: MeasuredTable | undefined,
  atStop: WriteCounters | undefined,
  atStart: WriteCounters | undefined,
): Judged {
  if (!now) return { table, verdict: 'lost', seen: `${count(table.rows, 'row')} before, no table now` };
  const rows = `${count(table.rows, 'row')} before, ${now.rows} now`;
  const summed = table.checksum !== undefined && now.checksum !== undefined;
  if (isEqual(table, now)) return { table, verdict: 'equal', seen: rows, summed };
  const written = atStop && writes(table, atStop, now, atStart);
  if (!written) return { table, verdict: 'changed', seen: `${rows}; what was written in between is not known` };
  if (isZero(written) && !atStart && hasNewRow(table, now)) {
    const seen = `${rows}; written to in between, and not counted yet`;
    return { table, verdict: now.rows < table.rows ? 'changed' : 'grown', seen };
  }
  return { table, ...judgeWritten(table, now, written, rows) };
}

function judgeWritten(table: TableEvidence, now: TableEvidence, written: Written, rows: string): Omit<Judged, 'table'> {
  const { inserted, updated, deleted, rewritten } = written;
  const seen = `${rows}; ${inserted} inserted, ${updated} updated, ${deleted} deleted in between`;
  if (rewritten) return { verdict: 'changed', seen: `${seen}, emptied or rewritten as a whole` };
  if (isZero(written)) {
    return { verdict: 'lost', seen: `${rows}${sums(table, now)}; nothing was written in between` };
  }
  if (deleted > 0) return { verdict: 'changed', seen };
  return { verdict: now.rows < table.rows ? 'lost' : 'grown', seen };
}

const isZero = ({ inserted, updated, deleted, rewritten }: Written): boolean =>
  inserted + updated + deleted === 0 && !rewritten;

/** Whether a row was written by a transaction that had not ended when the table was read first. */
const hasNewRow = ({ readBefore = Infinity }: MeasuredTable, { newestRow = -1 }: MeasuredTable): boolean =>
  newestRow >= readBefore;

/** Equal as far as both were read: a table that is only counted on one side is compared by count. */
function isEqual(before: TableEvidence, after: TableEvidence): boolean {
  if (before.rows !== after.rows) return false;
  return before.checksum === undefined || after.checksum === undefined || before.checksum === after.checksum;
}

const sums = (before: TableEvidence, after: TableEvidence): string =>
  before.rows === after.rows ? `, checksum ${before.checksum} before, ${after.checksum} now` : '';

type Written = WriteCounters & { rewritten: boolean };

/** What was written between the two readings; undefined where the counters were set back. */
function writes(
  before: MeasuredTable,
  atStop: WriteCounters,
  after: MeasuredTable,
  atStart: WriteCounters = NOTHING_WRITTEN,
): Written | undefined {
  const now = after.writtenWhileRead ?? after.written;
  const passed = (key: 'inserted' | 'updated' | 'deleted'): number[] => [
    atStop[key] - before.written[key],
    now[key] - atStart[key],
  ];
  const [inserted, updated, deleted] = [passed('inserted'), passed('updated'), passed('deleted')];
  if ([...inserted, ...updated, ...deleted].some((number) => number < 0)) return undefined;
  const total = ([old, recent]: number[]): number => old + recent;
  // pg_upgrade keeps the files' names; a restore makes new ones, and tells of them by the counters at the start.
  const rewritten = isOther(before.written.file, atStop.file) || isOther(atStart.file ?? atStop.file, now.file);
  return { inserted: total(inserted), updated: total(updated), deleted: total(deleted), rewritten };
}

const isOther = (before: string | undefined, now: string | undefined): boolean =>
  before !== undefined && now !== undefined && before !== now;
