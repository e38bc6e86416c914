import type { Cluster } from '../cluster';
import { type Sql, withSql } from '../connection';
import { atOnce } from './at-once';
import { FIRST_USER_OID } from './catalog-knowledge';

/** What a table has been written to since the server began to count. */
export interface WriteCounters {
  inserted: number;
  updated: number;
  deleted: number;
  /** The table's file: TRUNCATE, REFRESH, CLUSTER and VACUUM FULL are not counted, but give the table a new one. */
  file?: string;
}

/** How many databases are read at the same time: the server's work on one goes on while this process handles the other. */
export const DATABASES_AT_ONCE = 2;

/** Database → table → counters. */
export type ClusterCounters = Record<string, Record<string, WriteCounters>>;

interface CounterRow {
  name: string;
  inserted: string;
  updated: string;
  deleted: string;
  file: string | null;
  [key: string]: unknown;
}

/** The tables whose rows are data of the users': SQL over pg_class `c`. Large objects are rows of a system table. */
export const HOLDS_DATA = `(c.oid >= ${FIRST_USER_OID} and c.relkind in ('r', 'm') and c.relpersistence <> 't'
  and c.relnamespace <> 'pg_toast'::regnamespace or c.oid = 'pg_largeobject'::regclass)`;

// A server that does not count would make every table look quiet.
const COUNTERS = `
  select format('%I.%I', n.nspname, c.relname) as name, s.n_tup_ins as inserted, s.n_tup_upd as updated,
    s.n_tup_del as deleted, pg_relation_filenode(c.oid)::text as file
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_stat_all_tables s on s.relid = c.oid
  where ${HOLDS_DATA} and current_setting('track_counts')::boolean`;

/** Reads the counters of the connected database. */
export async function countersOf(sql: Sql): Promise<Record<string, WriteCounters>> {
  const rows = await sql.query<CounterRow>(COUNTERS);
  return Object.fromEntries(
    rows.map(({ name, inserted, updated, deleted, file }) => [
      name,
      { inserted: Number(inserted), updated: Number(updated), deleted: Number(deleted), file: file ?? undefined },
    ]),
  );
}

/**
 * Reads how much every table of the cluster has been written to. Cheap: no table is read. A backend reports what it wrote
 * at most once a second, when idle after ten, and when it ends: read right before a stop, this is exact once the clients
 * are gone.
 */
export async function readWriteCounters(cluster: Cluster): Promise<ClusterCounters> {
  const databases = await readableDatabases(cluster);
  const read = (database: string) => withSql(cluster, { database }, countersOf);
  const counters = await atOnce(DATABASES_AT_ONCE, databases, read);
  return Object.fromEntries(databases.map((database, index) => [database, counters[index]]));
}

/** The databases that can be connected to. Templates too: pg_upgrade carries over what people put into template1. */
export function readableDatabases(cluster: Cluster): Promise<string[]> {
  return withSql(cluster, {}, async (sql) => {
    const rows = await sql.query<{ datname: string }>(
      'select datname from pg_database where datallowconn and datconnlimit <> -2 order by datname',
    );
    return rows.map(({ datname }) => datname);
  });
}
