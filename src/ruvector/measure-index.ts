import type { Sql } from '../postgres/connection';
import {
  NEIGHBOURS,
  exactNeighbours,
  neighbours,
  neighboursSql,
  recall,
  sampleQueries,
  type Neighbours,
  type Query,
  type Search,
} from './neighbours';
import type { VectorIndex } from './vector-index';

/** What an index is worth. */
export interface IndexMeasure {
  name: string;
  /** Part of the exact nearest neighbours that searching by the index finds, over all sampled queries; null where the planner does not use it. */
  recall: number | null;
  /** Median of one search by the index, in milliseconds, as the client sees it; null where the planner does not use it. */
  milliseconds: number | null;
  bytes: number;
  queries: number;
}

/** The search that an index serves. */
export function indexSearch(index: VectorIndex, type: string, schema: string, others: string[]): Search {
  const { table, expression, operator, predicate } = index;
  return { table, vector: expression, type, operator, schema, others, predicate };
}

/** An exact answer reads the whole table: where that takes long, so many queries are enough, and then this long. */
const ENOUGH_QUERIES = 10;
const ENOUGH_MS = 30_000;

/** Sampled queries of a search with their exact answers; or those of the queries given, all of them. */
export async function exactAnswers(sql: Sql, search: Search, asked?: readonly Query[]): Promise<[Query, Neighbours][]> {
  return rolledBack(sql, async () => {
    const answers: [Query, Neighbours][] = [];
    const begin = performance.now();
    for (const query of asked ?? (await sampleQueries(sql, search))) {
      if (!asked && answers.length >= ENOUGH_QUERIES && performance.now() - begin > ENOUGH_MS) break;
      answers.push([query, await exactNeighbours(sql, search, query)]);
    }
    return answers;
  });
}

/**
 * Measures one index against exact answers. Other vector indexes of its table are hidden from the planner meanwhile: in a
 * transaction of its own, which marks them as not valid for itself and is rolled back, so that nobody else notices.
 */
export async function measureIndex(
  sql: Sql,
  index: Pick<VectorIndex, 'oid' | 'name' | 'bytes' | 'tableOid'>,
  others: readonly number[],
  search: Search,
  answers: readonly [Query, Neighbours][],
): Promise<IndexMeasure> {
  const base = { name: index.name, bytes: index.bytes, queries: answers.length };
  return rolledBack(sql, async () => {
    await sql.query('update pg_catalog.pg_index set indisvalid = false where indexrelid = any ($1::oid[])', [others]);
    await sql.query('set local enable_seqscan = off');
    await sql.query('set local enable_sort = off');
    if (answers.length === 0 || !(await isUsed(sql, index.name, search, answers[0][0])))
      return { ...base, recall: null, milliseconds: null };
    const recalls: number[] = [];
    const times: number[] = [];
    for (const [query, exact] of answers) {
      const begin = performance.now();
      const found = await neighbours(sql, search, query);
      times.push(performance.now() - begin);
      recalls.push(recall(exact, found));
    }
    return { ...base, recall: mean(recalls), milliseconds: median(times) };
  });
}

async function isUsed(sql: Sql, name: string, search: Search, query: Query): Promise<boolean> {
  const plan = await sql.query<{ 'QUERY PLAN': unknown }>(
    `explain (format json) ${neighboursSql(search, NEIGHBOURS)}`,
    [query],
  );
  return JSON.stringify(plan).includes(`"Index Name":${JSON.stringify(name)}`);
}

/** Does `work` in a transaction that leaves nothing behind. */
export async function rolledBack<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  await sql.query('begin');
  try {
    return await work();
  } finally {
    await sql.query('rollback');
  }
}

function mean(values: number[]): number {
  return Number((values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(4));
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Number(sorted[Math.floor(sorted.length / 2)].toFixed(3));
}
