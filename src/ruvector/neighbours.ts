import { identifier, type Sql } from '../postgres/connection';
import { tableName, type VectorTable } from './vector-columns';

/** How many queries are sampled for each column or index at most, and how many neighbours each asks for. */
export const QUERIES = 100;
export const NEIGHBOURS = 10;

/** Where nearest neighbours are looked for. */
export interface Search {
  /** Quoted. */
  table: string;
  /** The searched vector as SQL: a column or an indexed expression. */
  vector: string;
  type: string;
  /** Ordering operator, as it is called in the extension's schema. */
  operator: string;
  schema: string;
  /** Columns that tell rows apart, quoted. */
  others: string[];
  predicate: string | null;
}

/** A sampled query: a vector of the table, as text. */
export type Query = string;

/** One query's nearest neighbours, nearest first. */
export type Neighbours = { row: string; distance: number }[];

/** A search over one column of a table. */
export function columnSearch(table: VectorTable, column: string, operator: string, schema: string): Search {
  const { type } = table.columns.find(({ name }) => name === column)!;
  const vector = identifier(column);
  return { table: tableName(table), vector, type, operator, schema, others: table.others, predicate: null };
}

/** Vectors of the table to search with: the same ones as long as the same rows are there. */
export async function sampleQueries(sql: Sql, search: Search, count = QUERIES): Promise<Query[]> {
  const rows = await sql.query<{ query: string }>(
    `select (${search.vector})::text as query from ${search.table} where ${condition(search)}
     order by hashtextextended(${rowText(search)}, 0) limit ${count}`,
  );
  return rows.map(({ query }) => query);
}

/** Nearest neighbours found by reading the whole table. */
export async function exactNeighbours(sql: Sql, search: Search, query: Query, count = NEIGHBOURS): Promise<Neighbours> {
  // Only for the transaction that the caller has open.
  await sql.query('set local enable_indexscan = off');
  return neighbours(sql, search, query, count);
}

/** Nearest neighbours as the planner finds them. */
export async function neighbours(sql: Sql, search: Search, query: Query, count = NEIGHBOURS): Promise<Neighbours> {
  const rows = await sql.query<{ row: string; distance: number }>(neighboursSql(search, count), [query]);
  return rows.map(({ row, distance }) => ({ row, distance: Number(distance) }));
}

/** The nearest neighbours' query; `$1` is the searched vector. */
export function neighboursSql(search: Search, count: number): string {
  const distance = `(${search.vector}) operator(${identifier(search.schema)}.${search.operator}) $1::${search.type}`;
  return `select md5(${rowText(search)}) as row, (${distance})::float8 as distance from ${search.table}
    where ${condition(search)} order by ${distance} limit ${count}`;
}

function condition({ vector, predicate }: Search): string {
  return `(${vector}) is not null${predicate ? ` and (${predicate})` : ''}`;
}

function rowText({ others, vector }: Search): string {
  return others.length > 0 ? `row(${others.join(', ')})::text` : `(${vector})::text`;
}

const TOLERANCE = 1e-4;

function close(a: number, b: number): boolean {
  return (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= TOLERANCE * (1 + Math.abs(a));
}

/** Whether two answers are the same: the same distances rank by rank; rows of equal distance may change places. */
export function sameNeighbours(before: Neighbours, after: Neighbours): boolean {
  return (
    before.length === after.length &&
    before.every(({ distance }, rank) => close(distance, after[rank].distance)) &&
    before.every(({ row, distance }) => {
      const last = before.at(-1)!.distance;
      return after.some((each) => each.row === row) || close(distance, last);
    })
  );
}

/** The part of the exact neighbours that an answer found; a row as near as the farthest exact one counts as found. */
export function recall(exact: Neighbours, found: Neighbours): number {
  if (exact.length === 0) return 1;
  const farthest = exact.at(-1)!.distance;
  const good = found.filter(({ distance }) => distance <= farthest || close(distance, farthest));
  return Math.min(good.length, exact.length) / exact.length;
}
