import { type Sql, identifier, literal } from '../connection';
import {
  ACL_DEFAULTS,
  CATALOGS_LEFT_OUT,
  COLUMNS_ADDED,
  COLUMNS_LEFT_OUT,
  FIRST_USER_OID,
  KINDS,
  PUBLIC_SCHEMA_OID,
  ROWS,
} from './catalog-knowledge';
import { shortName } from './catalog-names';
import { type Catalog, type CatalogColumn, isPolymorphic } from './catalog-shape';

/** One row of a system catalog that belongs to the cluster's users, as text. */
export interface CatalogRow {
  catalog: Catalog;
  /** What PostgreSQL calls the kind of object and the object; undefined for rows that are part of another object. */
  kind?: string;
  name?: string;
  values: Record<string, string | string[] | null>;
}

// Temporary objects end with their session; TOAST tables belong to their tables.
const HIDDEN_SCHEMAS = `(select n.oid from pg_namespace n where n.nspname ~ '^pg_(toast|temp|toast_temp)(_|$)')`;

/** Reads the rows of one catalog that belong to the cluster's users. */
export async function readRows(sql: Sql, catalog: Catalog): Promise<CatalogRow[]> {
  if (catalog.name in CATALOGS_LEFT_OUT) return [];
  const rows = await sql.query<Record<string, string | string[] | null>>(selectRows(catalog));
  return rows.map(({ 'object kind': kind, 'object name': name, ...values }) => ({
    catalog,
    kind: (kind as string | null) ?? undefined,
    name: typeof name === 'string' ? shortName(name) : undefined,
    values,
  }));
}

// Large objects are the one kind whose class is not the catalog with their OIDs.
const CLASS_OF_OBJECTS: Record<string, string> = { pg_largeobject_metadata: 'pg_largeobject' };

/** Class, OID and column that pg_identify_object() gets for a row; undefined when it has no name for such rows. */
function address(catalog: Catalog): string | undefined {
  if (isPolymorphic(catalog)) return `r.classoid, r.objoid, ${catalog.key.includes('objsubid') ? 'r.objsubid' : '0'}`;
  if (catalog.name === 'pg_attribute') return `'pg_class'::regclass, r.attrelid, r.attnum`;
  if (catalog.key.join() !== 'oid' || catalog.name in KINDS) return undefined;
  return `${literal(CLASS_OF_OBJECTS[catalog.name] ?? catalog.name)}::regclass, r.oid, 0`;
}

function selectRows(catalog: Catalog): string {
  const columns = selectedColumns(catalog).map(([name, expression]) => `${expression} as ${identifier(name)}`);
  const from = `from pg_catalog.${identifier(catalog.name)} as r`;
  const arguments_ = address(catalog);
  if (arguments_ === undefined) return `select ${columns.join(', ')} ${from} where ${condition(catalog)}`;
  return `select ${columns.join(', ')}, i.type as "object kind", i.identity as "object name"
    ${from} cross join lateral pg_identify_object(${arguments_}) i
    where ${condition(catalog)} and i.identity !~ '(^| )pg_temp(_[0-9]+)?[.]'`;
}

/** Name and expression of what is read of each row. The key is always among it: names are made of it. */
function selectedColumns(catalog: Catalog): [string, string][] {
  const leftOut = COLUMNS_LEFT_OUT[catalog.name] ?? [];
  const wanted = [...catalog.columns.values()].filter(
    ({ name }) => catalog.key.includes(name) || !leftOut.includes(name),
  );
  const own = wanted.map((column): [string, string] => [column.name, asText(column)]);
  const defaults = wanted
    .filter(({ type }) => type === 'aclitem[]')
    .map((column): [string, string] => [defaultOf(column.name), defaultAcl(catalog, column)]);
  const added = Object.entries(COLUMNS_ADDED[catalog.name] ?? {}).filter(([name]) => !catalog.columns.has(name));
  return [...own, ...defaults, ...added];
}

/** Under which name a row holds what the privileges in a column would be if nobody had granted or revoked any. */
export const defaultOf = (column: string): string => `${column} default`;

const defaultAcl = (catalog: Catalog, { name }: CatalogColumn): string =>
  `case when r.${identifier(name)} is not null then (${ACL_DEFAULTS[catalog.name] ?? `'{}'::aclitem[]`})::text[] end`;

function asText({ name, type }: CatalogColumn): string {
  const column = `r.${identifier(name)}`;
  if (type === 'pg_node_tree') return `(${column} is not null)::text`;
  if (type === 'oidvector') return `${column}::oid[]::text[]`;
  if (type === 'int2vector') return `${column}::int2[]::text[]`;
  if (type === 'regproc') return `${column}::oid::text`;
  return type.endsWith('[]') ? `${column}::text[]` : `${column}::text`;
}

function condition(catalog: Catalog): string {
  const { users = ofUsers(catalog), only = 'true' } = ROWS[catalog.name] ?? {};
  return `(${users}) and (${only}) and (${notHidden(catalog)})`;
}

/** What tells the users' rows from initdb's: the OID of the object that the row is, or that it is part of. */
function ofUsers(catalog: Catalog): string {
  if (isPolymorphic(catalog) && !catalog.shared) {
    return `r.objoid >= ${FIRST_USER_OID} or r.classoid = 'pg_largeobject'::regclass
      or r.classoid = 'pg_namespace'::regclass and r.objoid = ${PUBLIC_SCHEMA_OID}`;
  }
  if (catalog.key.join() === 'oid') return `r.oid >= ${FIRST_USER_OID}`;
  const owner = catalog.key.find((column) => catalog.references.some(({ columns }) => columns.join() === column));
  // What is shared and part of nothing, such as settings of roles, initdb makes none of.
  return catalog.shared || owner === undefined ? 'true' : `r.${identifier(owner)} >= ${FIRST_USER_OID}`;
}

function notHidden(catalog: Catalog): string {
  const ofOne = (target: string): string | undefined =>
    catalog.references.find(
      (reference) =>
        reference.target === target && reference.columns.length === 1 && !reference.optional && !reference.array,
    )?.columns[0];
  const schema = ofOne('pg_namespace');
  if (schema !== undefined) return `r.${identifier(schema)} not in ${HIDDEN_SCHEMAS}`;
  const relation = isPolymorphic(catalog) ? undefined : ofOne('pg_class');
  if (relation === undefined) return 'true';
  return `r.${identifier(relation)} not in (select c.oid from pg_class c where c.relnamespace in ${HIDDEN_SCHEMAS})`;
}
