import { qualified, identifier, withSql, type Sql } from '../postgres/connection';
import type { Cluster } from '../postgres/cluster';
import { exactAnswers, indexSearch, measureIndex, type IndexMeasure } from './measure-index';
import type { RebuildPlan } from './rebuild';
import { requireLive } from './plan';
import { createIndexSql, readVectorIndexes } from './vector-index';

/** One setting that was tried. */
export interface Trial extends IndexMeasure {
  m: number;
  ef_construction: number;
  /** Milliseconds that the build took on the sample. */
  buildMs: number;
}

/** From small and quick to large and exact; each doubles what the one before spends. */
export const SETTINGS = [
  { m: 8, ef_construction: 32 },
  { m: 16, ef_construction: 64 },
  { m: 24, ef_construction: 128 },
  { m: 32, ef_construction: 200 },
  { m: 48, ef_construction: 400 },
] as const;

const SCHEMA = 'pgpassage_tune';

/**
 * Builds an index of each setting over a sample of the table, in a schema of its own that is dropped afterwards, and
 * measures recall, time and size. The table itself is only read.
 */
export async function tune(
  cluster: Cluster,
  database: string,
  extension: string,
  plan: RebuildPlan,
  sampleRows: number,
  progress: (what: string) => void,
): Promise<Trial[]> {
  const live = await requireLive(cluster, database, extension);
  const table = live.tables.find(({ oid }) => oid === plan.tableOid);
  if (!table) throw new Error(`${plan.table} has no vector column any more`);
  return withSql(cluster, { database }, async (sql) => {
    await dropSample(sql);
    await sql.query(`create schema ${SCHEMA}`);
    try {
      // What an earlier attempt left was dropped above; random order would not give the same sample twice.
      // Not unlogged: on such a table the published extension's index forgets its dimensions.
      const row = `row(${table.others.join(', ')})::text`;
      await sql.query(
        `create table ${SCHEMA}.sample as select * from ${plan.table} t order by hashtextextended(${row}, 1) limit ${sampleRows}`,
      );
      await sql.query(`analyze ${SCHEMA}.sample`);
      const trials: Trial[] = [];
      for (const setting of SETTINGS) {
        progress(`m = ${setting.m}, ef_construction = ${setting.ef_construction}`);
        trials.push(await attempt(sql, extension, plan, table, setting));
      }
      return trials;
    } finally {
      await dropSample(sql);
    }
  });
}

async function attempt(
  sql: Sql,
  extension: string,
  plan: RebuildPlan,
  table: { columns: { bareType: string }[]; others: string[] },
  setting: (typeof SETTINGS)[number],
): Promise<Trial> {
  const name = `m${setting.m}`;
  const wanted = [`m=${setting.m}`, `ef_construction=${setting.ef_construction}`];
  const index = {
    ...plan.index,
    schema: SCHEMA,
    name,
    identity: `${SCHEMA}.${name}`,
    table: `${SCHEMA}.sample`,
    options: wanted,
    concurrently: false,
    tablespace: null,
  };
  const begin = performance.now();
  await sql.query(createIndexSql(index, plan.extensionSchema));
  const buildMs = Math.round(performance.now() - begin);
  const made = (await readVectorIndexes(sql, extension)).find((each) => each.schema === SCHEMA && each.name === name)!;
  const search = indexSearch(made, table.columns[0].bareType, plan.extensionSchema, table.others);
  const measure = await measureIndex(sql, made, [], search, await exactAnswers(sql, search));
  await sql.query(`drop index ${qualified(SCHEMA, name)}`);
  return { ...measure, ...setting, buildMs };
}

async function dropSample(sql: Sql): Promise<void> {
  await sql.query('set client_min_messages = warning');
  await sql.query(`drop schema if exists ${identifier(SCHEMA)} cascade`);
}
