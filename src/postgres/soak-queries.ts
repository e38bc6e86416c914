import type { Measured } from '../migration/soak';
import type { Sql } from './connection';

const people = "backend_type = 'client backend' and application_name <> 'pgpassage'";

interface Session {
  pid: number;
  usename: string;
  datname: string;
  seconds: number;
}

function session({ pid, usename, datname, seconds }: Session): string {
  // Never the statement itself: it may hold a password or a client's data, and details end up in histories.
  return `${seconds.toFixed(0)} s, process ${pid} of ${usename} in ${datname}`;
}

/** Statements of clients that have been running for longer than `longerThanMs` right now. */
export async function slowQueries(sql: Sql, longerThanMs: number): Promise<Measured> {
  const rows = await sql.query<Session & Record<string, unknown>>(
    `select pid, usename, datname, extract(epoch from clock_timestamp() - query_start)::float8 as seconds
     from pg_stat_activity
     where ${people} and state = 'active' and clock_timestamp() - query_start > $1 * interval '1 millisecond'
     order by query_start`,
    [longerThanMs],
  );
  const longest = rows.length > 0 ? `; the longest: ${session(rows[0])}` : '';
  return { value: rows.length, detail: `${rows.length} statements run longer than ${longerThanMs} ms${longest}` };
}

/** Age in milliseconds of the oldest transaction of a client. */
export async function longTransaction(sql: Sql): Promise<Measured> {
  const [oldest] = await sql.query<Session & Record<string, unknown>>(
    `select pid, usename, datname, extract(epoch from clock_timestamp() - xact_start)::float8 as seconds
     from pg_stat_activity where ${people} and xact_start is not null order by xact_start limit 1`,
  );
  if (!oldest) return { value: 0, detail: 'no transaction is open' };
  return { value: oldest.seconds * 1000, detail: `the oldest transaction is open for ${session(oldest)}` };
}

/** Age in milliseconds of the oldest prepared transaction. */
export async function preparedTransaction(sql: Sql): Promise<Measured> {
  const [oldest] = await sql.query<{ gid: string; database: string; seconds: number; number: string }>(
    `select gid, database, extract(epoch from clock_timestamp() - prepared)::float8 as seconds, count(*) over () as number
     from pg_prepared_xacts order by prepared limit 1`,
  );
  if (!oldest) return { value: 0, detail: 'no transaction is prepared' };
  const detail = `${oldest.number} prepared, the oldest for ${oldest.seconds.toFixed(0)} s: '${oldest.gid}' in ${oldest.database}`;
  return { value: oldest.seconds * 1000, detail };
}

/** What the standbys and subscribers have still to replay, and which standbys there are. */
export async function replication(sql: Sql): Promise<{ lag: Measured; standbys: string[] }> {
  // A base backup streams for itself and is no standby; tools that only receive WAL have no replay position.
  const rows = await sql.query<{ name: string; lag: string | null; logical: boolean }>(
    `select r.application_name as name,
            pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end,
                            coalesce(r.replay_lsn, r.flush_lsn, r.write_lsn, r.sent_lsn)) as lag,
            exists (select from pg_replication_slots s where s.active_pid = r.pid and s.slot_type = 'logical') as logical
     from pg_stat_replication r
     where r.state in ('streaming', 'catchup') and r.application_name <> 'pg_basebackup'
     order by lag desc nulls last`,
  );
  const [slowest] = rows;
  const bytes = Number(slowest?.lag ?? 0);
  const detail = slowest ? `${slowest.name} is ${(bytes / 1024 ** 2).toFixed(1)} MB behind` : 'nobody replicates';
  const standbys = rows.filter((row) => !row.logical).map((row) => row.name);
  return { lag: { value: bytes, detail }, standbys: standbys.sort() };
}

export interface Archiver {
  failed: number;
  /** Whether the last attempt failed. */
  failing: boolean;
  /** The segment that it failed with last. */
  wal: string;
}

export async function archiver(sql: Sql): Promise<Archiver> {
  const [row] = await sql.query<{ failed: string; failing: boolean; wal: string | null }>(
    `select failed_count as failed, last_failed_wal as wal,
            current_setting('archive_mode') <> 'off' and last_failed_time is not null
              and (last_archived_time is null or last_failed_time > last_archived_time) as failing
     from pg_stat_archiver`,
  );
  return { failed: Number(row.failed), failing: row.failing, wal: row.wal ?? '' };
}

/** Indexes that queries can't use, those apart that are being built. */
export async function invalidIndexes(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
     where not i.indisvalid and c.relkind = 'i' and not exists (
       select from pg_stat_progress_create_index p where p.relid = i.indrelid and p.datname = current_database())
     order by 1`,
  );
  return rows.map((row) => `${row.name} in ${sql.database}`);
}
