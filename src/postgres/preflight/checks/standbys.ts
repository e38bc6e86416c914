import type { Check, Found } from '../check';

const MAX_LAG_BYTES = 10 * 1024 * 1024;

export const standbys: Check = {
  name: 'standbys',
  title: 'Standbys are known, and they are not far behind',
  mechanism: 'catalog: pg_stat_replication; inventory',
  async run(context) {
    const rows = await context.sql(undefined, (sql) =>
      sql.query<{ application_name: string; client: string; lag: string; pretty: string }>(
        `select r.application_name, coalesce(r.client_addr::text, 'the Unix socket') as client,
                coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn), 0)::text as lag,
                pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), r.replay_lsn)) as pretty
           from pg_stat_replication r left join pg_replication_slots s on s.active_pid = r.pid
          where r.state in ('streaming', 'catchup') and s.slot_type is distinct from 'logical' order by 1`,
      ),
    );
    const findings = rows.flatMap(({ application_name, client, lag, pretty }): Found[] => [
      {
        ...{ severity: 'blocker', effect: 'breaks later', object: `standby ${application_name}`, judgement: true },
        seen: `it streams from here (${client}); after the phase it is orphaned: it can't follow the new system`,
        action: 'Plan to build it anew from the upgraded primary, and accept this check in the plan.',
      },
      ...(Number(lag) > MAX_LAG_BYTES ? [lagging(application_name, pretty)] : []),
    ]);
    const { standbys: listed } = context.cluster.entry;
    return listed.length > rows.length ? [...findings, absent(listed, rows.length)] : findings;
  },
};

function lagging(name: string, lag: string): Found {
  return {
    ...{ severity: 'warning', effect: 'costs time or space', object: `standby ${name}` },
    seen: `it has ${lag} of WAL still to replay, more than 10 MB: as a way back it would be behind`,
    action: 'Wait until it has caught up, or find out what holds it back (pg_stat_replication).',
  };
}

function absent(listed: string[], streaming: number): Found {
  return {
    ...{ severity: 'warning', effect: 'none', object: `standbys ${listed.join(', ')}` },
    seen: `the inventory lists ${listed.length}, but ${streaming} stream${streaming === 1 ? 's' : ''} from this primary`,
    action: 'Start the ones that are missing, or take them out of the inventory.',
  };
}

export const synchronousReplication: Check = {
  name: 'synchronous-replication',
  title: 'No commit on the new server waits for a standby that is not there',
  mechanism: 'setting: synchronous_standby_names',
  async run(context) {
    const [{ names }] = await context.sql(undefined, (sql) =>
      sql.query<{ names: string }>(`select current_setting('synchronous_standby_names') as names`),
    );
    if (names.trim() === '') return [];
    return [
      {
        ...{ severity: 'blocker', effect: 'breaks later', object: 'synchronous_standby_names', judgement: true },
        seen: `it is "${names}": on the upgraded server no standby follows, and every commit would wait for ever`,
        action:
          "Give the plan the setting synchronous_standby_names = '' for this phase and accept this check; set it again when the standbys are built.",
      },
    ];
  },
};
