import type { Sql } from '../connection';
import type { ScratchServer } from './scratch-server';

/** A column of a system table or view. */
export interface SystemColumn {
  relation: number;
  schema: string;
  relationName: string;
  number: number;
  column: string;
}

/** A built-in function by name and types of its input arguments. */
export interface SystemFunction {
  oid: number;
  name: string;
  types: string[];
  /** How many of the last arguments have a default. */
  defaults: number;
}

/** What initdb puts into one version's catalogs, as far as others can refer to it. */
export interface SystemCatalog {
  columns: SystemColumn[];
  functions: SystemFunction[];
  types: string[];
  settings: string[];
  roles: string[];
}

/** What one version has and another has not: found by reading both, so that no list has to be kept. */
export interface CatalogComparison {
  old: SystemCatalog;
  target: SystemCatalog;
  /** Columns that are gone, those of relations that are gone altogether among them. */
  goneColumns: SystemColumn[];
  /** Functions that calls of the old form don't find any more. */
  goneFunctions: SystemFunction[];
  /** Functions whose exact signature is gone, even where calls still find another: GRANT names the signature. */
  goneSignatures: SystemFunction[];
  goneTypes: string[];
  goneSettings: string[];
  addedFunctions: SystemFunction[];
  /** `pg_catalog` relations and types by name. */
  addedRelations: string[];
  addedTypes: string[];
  addedRoles: string[];
}

const FIRST_USER_OID = 16384;

const CATALOG_QUERY = `
  select
    (select json_agg(json_build_array(c.oid::int8, n.nspname, c.relname, a.attnum, a.attname))
       from pg_catalog.pg_attribute a
       join pg_catalog.pg_class c on c.oid = a.attrelid
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('pg_catalog', 'information_schema') and c.relkind in ('r', 'v')
        and c.oid < ${FIRST_USER_OID} and a.attnum > 0 and not a.attisdropped) as columns,
    (select json_agg(json_build_array(p.oid::int8, p.proname,
              array(select format_type(t, null) from unnest(p.proargtypes) t), p.pronargdefaults))
       from pg_catalog.pg_proc p
      where p.pronamespace = 'pg_catalog'::regnamespace and p.oid < ${FIRST_USER_OID}) as functions,
    (select json_agg(t.typname) from pg_catalog.pg_type t
      where t.typnamespace = 'pg_catalog'::regnamespace and t.oid < ${FIRST_USER_OID} and t.typrelid = 0 and t.typelem = 0) as types,
    -- A name with a dot belongs to a library, which is another check's business.
    (select json_agg(lower(s.name)) from pg_catalog.pg_settings s where strpos(s.name, '.') = 0) as settings,
    (select json_agg(r.rolname) from pg_catalog.pg_roles r where r.oid < ${FIRST_USER_OID}) as roles`;

interface Raw {
  columns: [number, string, string, number, string][];
  functions: [number, string, string[], number][];
  types: string[];
  settings: string[];
  roles: string[];
}

/** Reads both and compares them. */
export async function compareCatalogs(live: Sql, scratch: ScratchServer): Promise<CatalogComparison> {
  const [liveRows, scratchRows] = await Promise.all([live.query(CATALOG_QUERY), scratch.query<Raw>(CATALOG_QUERY)]);
  return comparison(catalog(liveRows[0] as unknown as Raw), catalog(scratchRows[0]));
}

function catalog(raw: Raw): SystemCatalog {
  return {
    ...raw,
    columns: raw.columns.map(([relation, schema, relationName, number, column]) => ({
      ...{ relation, schema, relationName, number, column },
    })),
    functions: raw.functions.map(([oid, name, types, defaults]) => ({ oid, name, types, defaults })),
  };
}

/** Compares two versions' catalogs. */
export function comparison(old: SystemCatalog, target: SystemCatalog): CatalogComparison {
  const columnKey = (column: SystemColumn) => `${column.schema}.${column.relationName}.${column.column}`;
  const signature = (routine: SystemFunction) => `${routine.name}(${routine.types.join(', ')})`;
  const relations = (side: SystemCatalog) => [
    ...new Set(side.columns.filter((column) => column.schema === 'pg_catalog').map((column) => column.relationName)),
  ];
  const byName = new Map<string, SystemFunction[]>();
  for (const routine of target.functions) byName.set(routine.name, [...(byName.get(routine.name) ?? []), routine]);
  const goneSignatures = missing(old.functions, target.functions, signature);
  return {
    old,
    target,
    goneColumns: missing(old.columns, target.columns, columnKey),
    goneSignatures,
    goneFunctions: goneSignatures.filter(
      (routine) => !(byName.get(routine.name) ?? []).some((other) => takes(other, routine)),
    ),
    goneTypes: missing(old.types, target.types, String),
    goneSettings: missing(old.settings, target.settings, String),
    addedFunctions: missing(target.functions, old.functions, signature),
    addedRelations: missing(relations(target), relations(old), String),
    addedTypes: missing(target.types, old.types, String),
    addedRoles: missing(target.roles, old.roles, String),
  };
}

function missing<T>(from: T[], other: T[], key: (item: T) => string): T[] {
  const there = new Set(other.map(key));
  return from.filter((item) => !there.has(key(item)));
}

// Whether a call with `old`'s arguments is complete for `routine`. Types that changed are left to the restore, which
// knows the implicit casts: pg_stat_have_stats(text, oid, oid) of 17 still finds 18's (text, oid, bigint).
function takes(routine: SystemFunction, old: SystemFunction): boolean {
  const given = old.types.length;
  return given <= routine.types.length && given >= routine.types.length - routine.defaults;
}

/** How a built-in function is written in a message. */
export function signatureOf(routine: SystemFunction): string {
  return `${routine.name}(${routine.types.join(', ')})`;
}
