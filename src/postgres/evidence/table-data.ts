import { type Sql, qualified } from '../connection';
import { FIRST_USER_OID } from './catalog-knowledge';
import type { TableEvidence } from './evidence';
import { HOLDS_DATA, type WriteCounters } from './write-counters';

/** A table's evidence as it is taken here; the counters know the table's file as well. */
export interface MeasuredTable extends TableEvidence {
  written: WriteCounters;
  /** The counters after the table was read, where they had moved by then: rows and checksum are of some moment between. */
  writtenWhileRead?: WriteCounters;
}

/** A table that is about to be read. */
export interface TableToRead {
  schema: string;
  table: string;
  name: string;
  bytes: string;
  /** False for a materialized view that has never been filled: reading it is an error. */
  readable: boolean;
  [key: string]: unknown;
}

/** The tables of the connected database whose rows are read: partitions, materialized views and unlogged tables among them. */
export function tablesToRead(sql: Sql): Promise<TableToRead[]> {
  return sql.query<TableToRead>(
    `select n.nspname as schema, c.relname as table, format('%I.%I', n.nspname, c.relname) as name,
       pg_table_size(c.oid) as bytes, c.relispopulated as readable
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${HOLDS_DATA} and (c.oid >= ${FIRST_USER_OID} or pg_relation_size(c.oid) > 0)
     order by n.nspname, c.relname`,
  );
}

/**
 * Counts a table's rows and, with `checksum`, sums a hash of each row's text. Rows of inheritance children and partitions
 * are their own tables'. `x.*` is the whole row even where a column is called x, and where there are no columns.
 */
export async function readTable(
  sql: Sql,
  table: TableToRead,
  checksum: boolean,
): Promise<{ rows: number; checksum?: string }> {
  if (!table.readable) return { rows: 0 };
  const sum = checksum ? `, coalesce(sum(hashtextextended((x.*)::text collate "C", 0)), 0)::text as checksum` : '';
  const [found] = await sql.query<{ rows: string; checksum?: string }>(
    `select count(*)::text as rows${sum} from only ${qualified(table.schema, table.table)} as x`,
  );
  return { ...found, rows: Number(found.rows) };
}
