import type { Check, Found, PreflightContext } from '../check';

/** From this version on pg_upgrade keeps what a subscription has copied already. */
const STATE_KEPT_FROM = 17;

export const subscriptions: Check = {
  name: 'subscriptions',
  title: 'No subscription stops receiving without somebody knowing',
  mechanism: 'catalog: pg_subscription, pg_subscription_rel; scratch server: its limits',
  async run(context) {
    const rows = await context.sql(undefined, (sql) =>
      sql.query<{ subname: string; datname: string; subenabled: boolean }>(
        `select subname, datname, subenabled from pg_subscription s join pg_database d on d.oid = s.subdbid order by 2, 1`,
      ),
    );
    const findings = rows.map(({ subname, datname, subenabled }) =>
      context.from.version < STATE_KEPT_FROM ? forgotten(subname, datname, subenabled) : kept(subname, datname),
    );
    if (rows.length === 0 || context.from.version < STATE_KEPT_FROM) return findings;
    return [...findings, ...(await unfinished(context)), ...(await origins(context, rows.length))];
  },
};

function forgotten(name: string, database: string, enabled: boolean): Found {
  return {
    ...{ severity: 'warning', effect: 'breaks later', object: `subscription ${name}`, database },
    seen: `${enabled ? 'enabled' : 'disabled'}; below 17 pg_upgrade carries it over disabled and forgets how far each table was`,
    action:
      `After the phase: ALTER SUBSCRIPTION ${name} ENABLE; ALTER SUBSCRIPTION ${name} REFRESH PUBLICATION WITH (copy_data = false), ` +
      'with its publisher held still from the stop until then.',
  };
}

function kept(name: string, database: string): Found {
  return {
    ...{ severity: 'notice', effect: 'none', object: `subscription ${name}`, database },
    seen: 'carried over with its state, but disabled while pg_upgrade runs',
    action: `See after the phase that it is enabled: ALTER SUBSCRIPTION ${name} ENABLE.`,
  };
}

async function unfinished(context: PreflightContext): Promise<Found[]> {
  // 17 and later refuse any other state than initialize and ready.
  const rows = await context.inUpgradedDatabases((sql) =>
    sql.query<{ relation: string; subname: string; state: string; database: string }>(
      `select srrelid::regclass::text as relation, subname, srsubstate as state, current_database() as database
         from pg_subscription_rel join pg_subscription s on s.oid = srsubid where srsubstate not in ('i', 'r')`,
    ),
  );
  return rows.map(({ relation, subname, state, database }) => ({
    ...{ severity: 'blocker', effect: 'ends the upgrade', object: `table ${relation}`, database },
    seen: `subscription ${subname} is still copying it (state ${state}); pg_upgrade takes only tables that are ready or not begun`,
    action: 'Wait until its state in pg_subscription_rel is r.',
  }));
}

async function origins(context: PreflightContext, count: number): Promise<Found[]> {
  // 18 split this limit off max_replication_slots, so the old configuration says nothing of it.
  const name = 'max_active_replication_origins';
  const scratch = await context.scratch();
  const [limit] = await scratch.query<{ setting: number }>(
    `select setting::int as setting from pg_catalog.pg_settings where name = '${name}'`,
  );
  if (!limit || limit.setting >= count) return [];
  return [
    {
      ...{ severity: 'blocker', effect: 'ends the upgrade', object: name, version: context.to.version },
      seen: `${count} subscriptions, and the target's ${name} is ${limit.setting}: pg_upgrade refuses that`,
      action: `Give the plan the setting ${name} = ${count} or more for this phase.`,
      judgement: true,
    },
  ];
}
