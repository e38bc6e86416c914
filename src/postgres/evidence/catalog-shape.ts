import type { Sql } from '../connection';

/** A column of a system catalog. */
export interface CatalogColumn {
  name: string;
  /** As `format_type` writes it: `oid`, `text[]`, `pg_node_tree`. */
  type: string;
  /** What its OIDs or attribute numbers are the keys of. */
  reference?: CatalogReference;
}

/** Columns of one catalog that hold the key of another: `relowner` → pg_authid, `(conrelid, conkey)` → pg_attribute. */
export interface CatalogReference {
  columns: string[];
  target: string;
  /** The last column is an array of keys. */
  array: boolean;
  /** Zero stands for "none". */
  optional: boolean;
}

/** What a system catalog looks like, as the server itself describes it. */
export interface Catalog {
  name: string;
  /** One for the whole cluster, such as pg_authid. */
  shared: boolean;
  /** Columns of the primary key; pg_depend and pg_shdepend have none. */
  key: string[];
  columns: Map<string, CatalogColumn>;
  references: CatalogReference[];
}

// Column lists that PostgreSQL's own table of references leaves out.
const UNDECLARED_REFERENCES: Record<string, CatalogReference[]> = {
  pg_constraint: [{ columns: ['conrelid', 'confdelsetcols'], target: 'pg_attribute', array: true, optional: true }],
  pg_publication_rel: [{ columns: ['prrelid', 'prattrs'], target: 'pg_attribute', array: true, optional: true }],
};

const SHAPE = `
  with reference as (
    select fktable, json_agg(json_build_object(
      'columns', fkcols, 'target', pktable::text, 'array', is_array, 'optional', is_opt)) as found
    from pg_get_catalog_foreign_keys() group by fktable)
  select c.relname as name, c.relisshared as shared,
    array(select a.attname::text from pg_index i, unnest(i.indkey::int2[]) with ordinality k (attnum, place), pg_attribute a
          where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = k.attnum
          order by k.place) as key,
    (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null)) order by a.attnum)
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    coalesce(r.found, '[]') as references
  from pg_class c left join reference r on r.fktable = c.oid
  where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r' and c.oid < 16384
  order by c.relname`;

interface ShapeRow {
  name: string;
  shared: boolean;
  key: string[];
  columns: { name: string; type: string }[];
  references: CatalogReference[];
  [key: string]: unknown;
}

/**
 * Reads which system catalogs this server has, their columns and what these refer to. Nothing about them is written
 * down here, so that a catalog or a column that a new version brings is compared without anyone having to know of it.
 */
export async function readShape(sql: Sql): Promise<Catalog[]> {
  return (await sql.query<ShapeRow>(SHAPE)).map((row) => {
    const references = [...row.references, ...(UNDECLARED_REFERENCES[row.name] ?? [])];
    const columns = row.columns.map((column) => ({ ...column, reference: referenceOf(references, column.name) }));
    return { ...row, references, columns: new Map(columns.map((column) => [column.name, column])) };
  });
}

function referenceOf(references: CatalogReference[], column: string): CatalogReference | undefined {
  const found = references.filter((reference) => reference.columns.at(-1) === column);
  // (starelid, staattnum) says more than starelid alone, but the single column is what names a relation.
  return found.find((reference) => reference.columns.length === 1) ?? found[0];
}

/** Whether rows name the object they belong to by class and OID, as comments do. */
export function isPolymorphic(catalog: Catalog): boolean {
  return catalog.key.includes('classoid');
}
