import type { Sql } from '../connection';
import { REBUILD_NAME } from './conninfo';
import type { StandbyFacts } from './look';

/** One receiver of physical WAL as the primary sees it. */
export interface Sender {
  pid: number;
  applicationName: string;
  /** Its address, or `the Unix socket`. */
  client: string;
  state: string;
  slot?: string;
}

/** All that receive physical WAL from this server, base backups apart. */
export async function physicalSenders(sql: Sql): Promise<Sender[]> {
  const rows = await sql.query<Omit<Sender, 'slot'> & { slot: string | null } & Record<string, unknown>>(
    `select r.pid, r.application_name as "applicationName", coalesce(host(r.client_addr), 'the Unix socket') as client,
            r.state, s.slot_name::text as slot
       from pg_stat_replication r left join pg_replication_slots s on s.active_pid = r.pid
      where r.state in ('streaming', 'catchup', 'startup') and s.slot_type is distinct from 'logical'
        and r.application_name not in ('pg_basebackup', $1)
      order by r.application_name, r.pid`,
    [REBUILD_NAME],
  );
  return rows.map(({ slot, ...row }) => ({ ...row, slot: slot ?? undefined }));
}

/**
 * Finds each standby's connection among the primary's: by its slot, which is its alone, else by the name it goes by.
 * @returns the connection of each standby by its index, and the connections that are nobody's.
 */
export function matchSenders(
  standbys: readonly Pick<StandbyFacts, 'slot' | 'applicationName'>[],
  senders: readonly Sender[],
): { matched: (Sender | undefined)[]; strangers: Sender[] } {
  const left = [...senders];
  const take = (fits: (sender: Sender) => boolean): Sender | undefined => {
    const at = left.findIndex(fits);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const bySlot = standbys.map(({ slot }) => (slot === undefined ? undefined : take((sender) => sender.slot === slot)));
  const matched = standbys.map(({ slot, applicationName }, index) =>
    slot === undefined
      ? take((sender) => sender.slot === undefined && sender.applicationName === applicationName)
      : bySlot[index],
  );
  return { matched, strangers: left };
}
