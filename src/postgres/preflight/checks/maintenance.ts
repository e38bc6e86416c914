import type { Check } from '../check';
import { some } from './sql';

/** Half of what there is: from here on autovacuum has been losing for a long time. */
const WARN_AT = 1_000_000_000;
/** Three million before 2^31 the server takes no writes any more. */
const BLOCK_AT = 2_100_000_000;

/** @param warnAt age in transactions from which on a database is reported. */
export function wraparoundAgeOver(warnAt: number): Check {
  return {
    name: 'wraparound-age',
    title: 'No database is near transaction ID wraparound',
    mechanism: 'catalog: pg_database',
    async run(context) {
      const rows = await context.sql(undefined, (sql) =>
        sql.query<{ datname: string; age: number }>(
          `select datname, greatest(age(datfrozenxid), mxid_age(datminmxid)) as age from pg_database
            where greatest(age(datfrozenxid), mxid_age(datminmxid)) > $1 order by 2 desc`,
          [warnAt],
        ),
      );
      if (rows.length === 0) return [];
      const [oldest] = rows;
      return [
        {
          severity: oldest.age > BLOCK_AT ? 'blocker' : 'warning',
          effect: 'breaks later',
          object: `database${rows.length > 1 ? 's' : ''} ${some(rows.map(({ datname }) => datname))}`,
          seen: `the oldest transaction or multixact ID is ${oldest.age.toLocaleString('en')} old, of 2 billion; the upgrade does not make it younger`,
          action:
            'VACUUM (FREEZE) the tables with the oldest relfrozenxid or relminmxid, and end what holds them back ' +
            '(old transactions, slots).',
        },
      ];
    },
  };
}

export const wraparoundAge = wraparoundAgeOver(WARN_AT);

export const staleStatistics: Check = {
  name: 'stale-statistics',
  title: 'Statistics are fresh, where they are what the comparison of plans before and after rests on',
  mechanism: 'catalog: pg_stat_user_tables',
  async run(context) {
    const rows = await context.inUpgradedDatabases((sql) =>
      sql.query<{ database: string; tables: string[] }>(
        // An empty table that was never analyzed is no news; one that changed by a fifth is.
        `select current_database() as database,
                array_agg(format('%I.%I', schemaname, relname) order by n_mod_since_analyze desc) as tables
           from pg_stat_user_tables
          where n_mod_since_analyze > greatest(1000, n_live_tup / 5) having count(*) > 0`,
      ),
    );
    return rows.map(({ database, tables }) => ({
      ...{ severity: 'notice', effect: 'none', object: `database ${database}`, database },
      seen: `${tables.length} of its tables changed by more than a fifth since they were analyzed: ${some(tables)}`,
      action: 'ANALYZE them before the phase, if plans before and after are to be compared.',
    }));
  },
};
