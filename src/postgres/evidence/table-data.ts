import { type Sql, qualified } from '../connection';
import { FIRST_USER_OID } from './catalog-knowledge';
import type { TableEvidence } from './evidence';
import { HOLDS_DATA, type WriteCounters } from './write-counters';

/** A table's evidence as it is taken here: what it takes to tell whether it was written to between two readings. */
export interface MeasuredTable extends TableEvidence {
  written: WriteCounters;
  /** The counters after the table was read, where they had moved by then: rows and checksum are of some moment between. */
  writtenWhileRead?: WriteCounters;
  /** The oldest transaction that may have ended after the table was read. pg_upgrade goes on counting transactions. */
  readBefore?: number;
  /** The transaction that wrote the newest row. Known at once, where backends report to the counters up to ten seconds late. */
  newestRow?: number;
}

/** A table that is about to be read. */
interface TableToRead {
  schema: string;
  table: string;
  name: string;
  bytes: string;
  /** False for a materialized view that has never been filled: reading it is an error. */
  readable: boolean;
  [key: string]: unknown;
}

/** Which tables are read how. */
export interface TableReading {
  counters: Record<string, WriteCounters>;
  /** Whether a table of that many bytes is read value by value; else it is counted. */
  withChecksum: (bytes: number) => boolean;
  /** Called before each table. */
  progress: (table: string) => void;
}

/** Transactions as the snapshot knows them, with their epoch. */
interface Transactions {
  oldest: number;
  next: number;
}

// Row versions know the lower 32 bits of the transaction that wrote them; more than half of the circle ago is long ago.
const CIRCLE = 2 ** 32;

/** Reads all tables of the connected database: partitions, filled materialized views and unlogged tables among them. */
export async function readTables(
  sql: Sql,
  { counters, withChecksum, progress }: TableReading,
): Promise<MeasuredTable[]> {
  const [transactions] = await sql.query<{ oldest: string; next: string }>(
    `select pg_snapshot_xmin(s)::text as oldest, pg_snapshot_xmax(s)::text as next from pg_current_snapshot() s`,
  );
  const now = { oldest: Number(transactions.oldest), next: Number(transactions.next) };
  const tables: MeasuredTable[] = [];
  for (const table of await tablesToRead(sql)) {
    progress(table.name);
    const bytes = Number(table.bytes);
    const written = counters[table.name] ?? { inserted: 0, updated: 0, deleted: 0 };
    tables.push({ name: table.name, written, bytes, ...(await readTable(sql, table, withChecksum(bytes), now)) });
  }
  return tables;
}

/** Notes the counters of now where they are not those of before the reading. */
export function withLateWrites(table: MeasuredTable, now: WriteCounters | undefined): MeasuredTable {
  if (!now || JSON.stringify(now) === JSON.stringify(table.written)) return table;
  return { ...table, writtenWhileRead: now };
}

function tablesToRead(sql: Sql): Promise<TableToRead[]> {
  return sql.query<TableToRead>(
    `select n.nspname as schema, c.relname as table, format('%I.%I', n.nspname, c.relname) as name,
       pg_table_size(c.oid) as bytes, c.relispopulated as readable
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where ${HOLDS_DATA} and (c.oid >= ${FIRST_USER_OID} or pg_relation_size(c.oid) > 0)
     order by n.nspname, c.relname`,
  );
}

/**
 * Counts a table's rows and, with `checksum`, sums a hash of each row's text. Rows of inheritance children and partitions
 * are their own tables'. `x.*` is the whole row even where a column is called x, and where there are no columns.
 */
async function readTable(
  sql: Sql,
  table: TableToRead,
  checksum: boolean,
  { oldest, next }: Transactions,
): Promise<Pick<MeasuredTable, 'rows' | 'checksum' | 'readBefore' | 'newestRow'>> {
  if (!table.readable) return { rows: 0 };
  const sum = checksum ? `, coalesce(sum(hashtextextended((x.*)::text collate "C", 0)), 0)::text as checksum` : '';
  const ago = `(${next % CIRCLE} - x.xmin::text::bigint + ${CIRCLE}) % ${CIRCLE}`;
  const [found] = await sql.query<{ rows: string; checksum?: string; ago: string | null }>(
    `select count(*)::text as rows, min(${ago})::text as ago${sum}
     from only ${qualified(table.schema, table.table)} as x`,
  );
  const newest = found.ago !== null && Number(found.ago) < CIRCLE / 2 ? { newestRow: next - Number(found.ago) } : {};
  const summed = found.checksum === undefined ? {} : { checksum: found.checksum };
  return { rows: Number(found.rows), ...summed, readBefore: oldest, ...newest };
}
