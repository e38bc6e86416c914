import type { Cluster } from '../cluster';
import { databases, qualified, withSql, type Sql } from '../connection';

export interface StatisticsResult {
  databases: number;
  /** Partitioned and inheritance parents, which vacuumdb passes over. */
  parents: number;
  extended: number;
}

/**
 * Gives the planner its statistics back in every database: in stages (a rough picture within moments, then the full one),
 * then partitioned parents. SQL ANALYZE of the whole database covers parents and extended statistics, which no vacuumdb
 * of 15 to 18 does, and 18 carries everything over but the extended ones.
 */
export async function refreshStatistics(
  cluster: Cluster,
  version: number,
  progress: (what: string) => void,
): Promise<StatisticsResult> {
  const result = { databases: 0, parents: 0, extended: 0 };
  for (const database of await databases(cluster)) {
    progress(`statistics of ${database}`);
    await withSql(cluster, { database }, async (sql) => {
      if (version < 18) await roughly(sql);
      await sql.query('analyze');
      result.databases += 1;
      result.parents += await countMissingNothing(sql, database);
      result.extended += Number((await sql.query<{ n: string }>('select count(*) as n from pg_statistic_ext'))[0].n);
    });
  }
  return result;
}

async function roughly(sql: Sql): Promise<void> {
  await sql.query('set default_statistics_target = 1');
  await sql.query('analyze');
  await sql.query('reset default_statistics_target');
}

/** Statistics of a parent that has rows below it but no statistics of its own. */
const PARENTS = `
  select n.nspname, c.relname, exists (select from pg_statistic s where s.starelid = c.oid and s.stainherit) as known
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'p' and n.nspname not in ('pg_catalog', 'information_schema')
    and exists (select from pg_partition_tree(c.oid) t join pg_class l on l.oid = t.relid where t.isleaf and l.relpages > 0)`;

/** Counts the partitioned parents and makes sure that each has statistics. @throws when one has none after ANALYZE. */
async function countMissingNothing(sql: Sql, database: string): Promise<number> {
  const parents = await sql.query<{ nspname: string; relname: string; known: boolean }>(PARENTS);
  const without = parents.filter((parent) => !parent.known).map((parent) => qualified(parent.nspname, parent.relname));
  if (without.length > 0)
    throw new Error(`${database}: after ANALYZE there are still no statistics of ${without.join(', ')}`);
  return parents.length;
}
