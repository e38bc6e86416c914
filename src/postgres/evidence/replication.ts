import type { Sql } from '../connection';
import type { ReplicationEvidence } from './evidence';

/** Reads standbys with their lag, slots that outlive a session, and on which database they are. */
export async function readReplication(sql: Sql): Promise<Omit<ReplicationEvidence, 'subscriptions'>> {
  const standbys = await sql.query<{ name: string; state: string; lag: string | null }>(
    `select application_name as name, state,
       pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end,
         replay_lsn)::text as lag
     from pg_stat_replication order by application_name, pid`,
  );
  const slots = await sql.query<{ name: string; kind: string; active: boolean }>(
    'select slot_name::text as name, slot_type as kind, active from pg_replication_slots where not temporary order by slot_name',
  );
  return {
    standbys: standbys.map(({ name, state, lag }) => ({ name, state, lagBytes: Number(lag ?? 0) })),
    slots,
  };
}

/** Reads the subscriptions of the connected database. */
export function readSubscriptions(sql: Sql): Promise<ReplicationEvidence['subscriptions']> {
  return sql.query(
    `select current_database()::text as database, subname::text as name, subenabled as enabled from pg_subscription
     where subdbid = (select oid from pg_database where datname = current_database()) order by subname`,
  );
}
