import type { Standby } from '../cluster';
import { withSql } from '../connection';
import { parseConninfo } from './conninfo';

/** What a running standby says of itself. */
export interface StandbyFacts {
  inRecovery: boolean;
  systemIdentifier: string;
  dataDirectory: string;
  /** `streaming`, or another state of its WAL receiver; undefined where none runs. */
  receiver?: string;
  /** Where it streams from. */
  sender?: string;
  /** The name that the primary shows it by in pg_stat_replication, and that synchronous_standby_names means. */
  applicationName: string;
  slot?: string;
  /** As set, with the password that it may hold. For use, never for a report. */
  primaryConninfo: string;
  replayed: string | null;
  replayPaused: boolean;
  /** Milliseconds of `recovery_min_apply_delay`. */
  applyDelayMs: number;
}

/** Asks a standby's server. @throws Error when nothing answers there. */
export async function lookAtStandby(standby: Standby): Promise<StandbyFacts> {
  const [row] = await withSql(standby, {}, (sql) => sql.query<FactsRow>(FACTS));
  const inUse = row.receiverConninfo ? parseConninfo(row.receiverConninfo) : parseConninfo(row.primaryConninfo);
  const { inRecovery, systemIdentifier, dataDirectory, primaryConninfo, replayed, replayPaused, applyDelayMs } = row;
  return {
    ...{ inRecovery, systemIdentifier, dataDirectory, primaryConninfo, replayed, replayPaused, applyDelayMs },
    receiver: row.receiver ?? undefined,
    sender: row.sender ?? undefined,
    slot: row.slot || undefined,
    applicationName: inUse.application_name ?? (row.clusterName || 'walreceiver'),
  };
}

type FactsRow = Omit<StandbyFacts, 'receiver' | 'sender' | 'slot' | 'applicationName'> & {
  receiver: string | null;
  sender: string | null;
  receiverConninfo: string | null;
  slot: string;
  clusterName: string;
} & Record<string, unknown>;

const FACTS = `
  select pg_is_in_recovery() as "inRecovery",
         (select system_identifier::text from pg_control_system()) as "systemIdentifier",
         current_setting('data_directory') as "dataDirectory",
         w.status as receiver, w.conninfo as "receiverConninfo",
         w.sender_host || ':' || w.sender_port as sender,
         current_setting('cluster_name') as "clusterName",
         current_setting('primary_slot_name') as slot,
         current_setting('primary_conninfo') as "primaryConninfo",
         pg_last_wal_replay_lsn()::text as replayed,
         case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end as "replayPaused",
         (select setting::int from pg_settings where name = 'recovery_min_apply_delay') as "applyDelayMs"
    from (select) one left join pg_stat_wal_receiver w on true`;
