import { identifier, type Sql } from '../postgres/connection';
import { toArray, type ArrayForms } from './conversion';
import { tableName, type VectorColumn, type VectorTable } from './vector-columns';

/** What is in a vector column, from one reading of the table. */
export interface VectorStatistics {
  rows: number;
  nulls: number;
  /** Vectors of nothing but zeros: their cosine distance is not defined. */
  zeros: number;
  /** Fewest and most dimensions; null where there is no vector. */
  shortest: number | null;
  longest: number | null;
  /** The dimensions that the column declares; null where it declares none. */
  declared: number | null;
}

/** Reads a whole column. */
export async function readStatistics(
  sql: Sql,
  table: VectorTable,
  column: VectorColumn,
  forms: ArrayForms,
): Promise<VectorStatistics> {
  const vector = `t.${identifier(column.name)}`;
  const [row] = await sql.query<Record<'rows' | 'vectors' | 'zeros' | 'shortest' | 'longest', string | null>>(
    `select count(*) as rows, count(a) as vectors, count(*) filter (where 0::real = all (a)) as zeros,
       min(cardinality(a)) as shortest, max(cardinality(a)) as longest
     from (select ${toArray(forms, vector)} as a from ${tableName(table)} t offset 0) x`,
  );
  const number = (value: string | null) => (value === null ? null : Number(value));
  const declared = /\((\d+)\)$/.exec(column.type);
  return {
    rows: Number(row.rows),
    nulls: Number(row.rows) - Number(row.vectors),
    zeros: Number(row.zeros),
    shortest: number(row.shortest),
    longest: number(row.longest),
    declared: declared ? Number(declared[1]) : null,
  };
}
