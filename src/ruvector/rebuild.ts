import { withSql, identifier, qualified, type Sql } from '../postgres/connection';
import type { VectorIndexRebuildInput } from '../migration/ruvector';
import type { Cluster } from '../postgres/cluster';
import { measureOne, type VectorEvidence } from './evidence';
import { readLive, type Live } from './live';
import { requireLive } from './plan';
import { buildable, definitionOf } from './scripts';
import { readIndexMethods, type BuildableIndex, type VectorIndex } from './vector-index';
import { Workshop } from './workshop';

/** What a rebuild does: the new index beside the old one. Names fit into PostgreSQL's 63 bytes. */
export interface RebuildPlan {
  postgres: number;
  schema: string;
  extensionSchema: string;
  /** The old index's name, which the new one has in the end. */
  name: string;
  /** The name it is built under. */
  building: string;
  /** The name that the old one has until it is dropped. */
  retired: string;
  table: string;
  tableOid: number;
  old: { method: string; operatorClass: string; options: string[] };
  index: BuildableIndex;
}

/** The rebuild can't be done as it was asked for; nothing was touched. */
export class RebuildRefused extends Error {
  override name = 'RebuildRefused';
}

/** Longest name in bytes, less what is appended. */
const LONGEST = 63 - '_pgp_old'.length;

/** Plans a rebuild from the catalog. @throws RebuildRefused that names the field */
export async function planRebuild(
  cluster: Cluster,
  postgres: number,
  input: VectorIndexRebuildInput,
): Promise<RebuildPlan> {
  const live = await requireLive(cluster, input.database, input.extension);
  const old = await withSql(cluster, { database: input.database }, (sql) => findIndex(sql, live, input.index));
  const methods = await withSql(cluster, { database: input.database }, (sql) => readIndexMethods(sql, input.extension));
  const method = input.method ?? old.method;
  const operatorClass = input.operatorClass ?? old.operatorClass;
  if (!methods.some((each) => each.method === method && each.operatorClass === operatorClass)) {
    const offered = methods.map((each) => `${each.method} (${each.operatorClass})`).join(', ');
    throw new RebuildRefused(
      `method, operatorClass: ${input.extension} ${live.extension.version} has no ${method} (${operatorClass}). It has ${offered}.`,
    );
  }
  const stem = shortened(old.name);
  const [building, retired] = [`${stem}_pgp_new`, `${stem}_pgp_old`];
  await withSql(cluster, { database: input.database }, (sql) => refuseLeftovers(sql, old, [building, retired]));
  const { concurrent } = await Workshop.with(cluster, postgres, (workshop) =>
    workshop.offers(input.extension, live.extension.version),
  );
  const definition = { ...definitionOf(old), method, operatorClass, options: options(old, input, method) };
  return {
    postgres,
    schema: old.schema,
    extensionSchema: live.extension.schema,
    name: old.name,
    building,
    retired,
    table: old.table,
    tableOid: old.tableOid,
    old: { method: old.method, operatorClass: old.operatorClass, options: old.options },
    index: { ...buildable(definition, concurrent), name: building, identity: qualified(old.schema, building) },
  };
}

async function findIndex(sql: Sql, live: Live, name: string): Promise<VectorIndex> {
  const [row] = await sql.query<{ oid: string | null }>('select to_regclass($1)::oid::text as oid', [name]);
  const index = live.indexes.find(({ oid }) => oid === Number(row.oid));
  const known = live.indexes.map(({ identity }) => identity).join(', ') || 'none';
  if (!index)
    throw new RebuildRefused(
      `index: "${name}" is no index of an access method of ${live.extension.name}. There are: ${known}.`,
    );
  if (index.onView)
    throw new RebuildRefused(
      `index: ${index.identity} is on a materialized view, which is measured nowhere: use REINDEX or make it anew.`,
    );
  if (index.partitioned)
    throw new RebuildRefused(
      `index: ${index.identity} is a partitioned table's; name an index of one of its partitions.`,
    );
  return index;
}

/** A rebuild that was terminated leaves its index; built upon, it would be taken for the one that was asked for. */
async function refuseLeftovers(sql: Sql, { schema, identity }: VectorIndex, names: string[]): Promise<void> {
  for (const name of names) {
    if (await there(sql, schema, name))
      throw new RebuildRefused(
        `index: ${qualified(schema, name)} is there already, as a rebuild of ${identity} leaves it that was terminated before its end. ` +
          'Nothing was touched. Look with \\d which of them has the parameters that you want, drop the other one, and rename what is left.',
      );
  }
}

/** The old index's options with those that were asked for; another access method takes only the latter. */
function options(old: VectorIndex, input: VectorIndexRebuildInput, method: string): string[] {
  const wanted = Object.entries({ m: input.m, ef_construction: input.ef_construction })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${value}`);
  const keys = wanted.map((each) => each.split('=')[0]);
  const kept = method === old.method ? old.options.filter((each) => !keys.includes(each.split('=')[0])) : [];
  return [...kept, ...wanted];
}

function shortened(name: string): string {
  let text = name;
  while (Buffer.byteLength(text) > LONGEST) text = text.slice(0, -1);
  return text;
}

/** Measures old and new against the same exact answers. */
export async function measurePair(
  cluster: Cluster,
  database: string,
  extension: string,
  plan: RebuildPlan,
): Promise<VectorEvidence['indexes']> {
  return withSql(cluster, { database }, async (sql) => {
    const live = (await readLive(sql, extension))!;
    await sql.query('set extra_float_digits = 1');
    const pair = [plan.name, plan.retired, plan.building]
      .map((name) => live.indexes.find((index) => index.schema === plan.schema && index.name === name))
      .filter((index) => index !== undefined);
    const measures: VectorEvidence['indexes'] = [];
    for (const index of pair) measures.push(await measureOne(sql, live, index));
    return measures;
  });
}

const LOCK_TIMEOUT = '5s';

/** Gives the new index the old one's name, in one transaction. Where that was done, it does nothing. */
export async function swapNames(cluster: Cluster, database: string, plan: RebuildPlan): Promise<void> {
  await renames(cluster, database, plan, [plan.name, plan.retired], [plan.building, plan.name], plan.building);
}

/** The same backwards: the old index has its name again. */
export async function swapBack(cluster: Cluster, database: string, plan: RebuildPlan): Promise<void> {
  await renames(cluster, database, plan, [plan.name, plan.building], [plan.retired, plan.name], plan.retired);
}

type Rename = [from: string, to: string];

/** @param witness the name whose index is there only as long as the renaming was not done. */
async function renames(
  cluster: Cluster,
  database: string,
  plan: RebuildPlan,
  first: Rename,
  second: Rename,
  witness: string,
): Promise<void> {
  await withSql(cluster, { database }, async (sql) => {
    if (!(await there(sql, plan.schema, witness))) return;
    await sql.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
    await sql.query('begin');
    try {
      for (const [from, to] of [first, second])
        await sql.query(`alter index ${qualified(plan.schema, from)} rename to ${identifier(to)}`);
      await sql.query('commit');
    } catch (error) {
      await sql.query('rollback');
      throw error;
    }
  });
}

async function there(sql: Sql, schema: string, name: string): Promise<boolean> {
  const [row] = await sql.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    qualified(schema, name),
  ]);
  return row.there;
}

/** Drops an index without holding up anybody; one that is gone is dropped already. */
export async function dropIndex(cluster: Cluster, database: string, schema: string, name: string): Promise<void> {
  await withSql(cluster, { database }, (sql) =>
    sql.query(`drop index concurrently if exists ${qualified(schema, name)}`),
  );
}
