import type { Sql } from '../connection';
import { FIRST_USER_OID } from './catalog-knowledge';
import type { CatalogObjects } from './evidence';
import { OPTIMIZER_STATISTICS } from './kinds';

/** Reads which relations have statistics for the optimizer: what they say changes with every ANALYZE, whether they are there does not. */
export async function readOptimizerStatistics(sql: Sql): Promise<CatalogObjects> {
  const [plain, extended] = OPTIMIZER_STATISTICS;
  const rows = await sql.query<{ kind: string; name: string }>(
    `select distinct $1 as kind, i.identity as name
     from (select distinct starelid from pg_statistic where starelid >= ${FIRST_USER_OID}) s,
       pg_identify_object('pg_class'::regclass, s.starelid, 0) i
     where i.identity !~ '^pg_(temp|toast)'
     union all
     select distinct $2, i.identity
     from pg_statistic_ext_data s, pg_identify_object('pg_statistic_ext'::regclass, s.stxoid, 0) i`,
    [plain, extended],
  );
  const objects: CatalogObjects = { [plain]: {}, [extended]: {} };
  for (const { kind, name } of rows) objects[kind][name] = '{}';
  return objects;
}
