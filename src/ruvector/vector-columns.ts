import { identifier, qualified, type Sql } from '../postgres/connection';
import { MEMBER } from './extension';

/** A column of one of the extension's types. */
export interface VectorColumn {
  name: string;
  number: number;
  /** As `format_type` writes it: `public.ruvector(128)`. */
  type: string;
  /** The same without the dimension. */
  bareType: string;
  /** Function that gives the value's bytes, quoted; null where the type has none. */
  send: string | null;
  /** Set where it differs from what the type brings: altering the type would lose it. */
  storage: string | null;
  compression: string | null;
}

/** A table with such columns. A partitioned table stands for its partitions. */
export interface VectorTable {
  oid: number;
  schema: string;
  table: string;
  partitioned: boolean;
  /** Bytes of the table with its TOAST and partitions, indexes left out. */
  bytes: number;
  /** As the planner estimates them. */
  rows: number;
  columns: VectorColumn[];
  /** Every other column that holds something of its own (generated ones follow from others), quoted. */
  others: string[];
}

/** The table's name, quoted. */
export function tableName({ schema, table }: Pick<VectorTable, 'schema' | 'table'>): string {
  return qualified(schema, table);
}

/** Finds all tables of the connected database that have columns of the extension's types. */
export async function readVectorTables(sql: Sql, extension: string): Promise<VectorTable[]> {
  const rows = await sql.query<TableRow>(TABLES, [extension]);
  return rows.map(({ others, oid, bytes, rows: estimate, ...row }) => ({
    ...row,
    oid: Number(oid),
    bytes: Number(bytes),
    rows: Number(estimate),
    others: others.map((name) => identifier(name)),
  }));
}

interface TableRow extends Omit<VectorTable, 'oid' | 'bytes' | 'rows'> {
  [column: string]: unknown;
  oid: string;
  bytes: string;
  rows: string;
}

const TABLES = `
with ${MEMBER},
vector_column as (
  select a.attrelid, jsonb_agg(jsonb_build_object(
      'name', a.attname, 'number', a.attnum,
      'type', format_type(a.atttypid, a.atttypmod), 'bareType', format_type(a.atttypid, null),
      'send', (select format('%I.%I', n.nspname, p.proname) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
               where p.oid = t.typsend),
      'storage', case when a.attstorage <> t.typstorage then
        case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
      'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end) order by a.attnum) as columns
  from pg_attribute a join pg_type t on t.oid = a.atttypid
    join member m on m.classid = 'pg_type'::regclass and m.objid = t.oid
  where a.attnum > 0 and not a.attisdropped and t.typcategory <> 'A' group by a.attrelid)
select c.oid::text as oid, n.nspname as schema, c.relname as table, c.relkind = 'p' as partitioned, v.columns,
  (select sum(pg_table_size(r.oid)) from pg_class r where r.oid = c.oid
     or r.oid in (select relid from pg_partition_tree(c.oid)))::text as bytes,
  (select sum(greatest(r.reltuples, 0)) from pg_class r where r.oid = c.oid
     or r.oid in (select relid from pg_partition_tree(c.oid) where isleaf))::text as rows,
  array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = '' and not v.columns @> jsonb_build_array(jsonb_build_object('number', a.attnum))
        order by a.attnum) as others
from vector_column v join pg_class c on c.oid = v.attrelid join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
  and not exists (select from member m where m.classid = 'pg_class'::regclass and m.objid = c.oid)
order by n.nspname, c.relname`;
