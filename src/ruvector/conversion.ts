import { identifier, literal } from '../postgres/connection';
import { tableName, type VectorColumn, type VectorTable } from './vector-columns';

/** How a version's vectors become arrays and back: by a cast where it has one, else through text. */
export interface ArrayForms {
  toArray: boolean;
  fromArray: boolean;
}

/** Everything that the scripts of one upgrade are made of. */
export interface Conversion {
  extension: string;
  schema: string;
  from: { version: string; forms: ArrayForms };
  to: { version: string; forms: ArrayForms };
  tables: VectorTable[];
  drops: string[];
  /** Scripts of pg_restore, around what is restored in tables. */
  early: string;
  inTables: string[];
  late: string;
  refreshes: string[];
}

/** Whether a version's casts let vectors become `real[]` and back. Parameter 1: the extension. */
export const ARRAY_FORMS = `
  select coalesce(bool_or(c.casttarget = 'real[]'::regtype), false) as "toArray",
    coalesce(bool_or(c.castsource = 'real[]'::regtype), false) as "fromArray"
  from pg_cast c join pg_depend d on d.classid = 'pg_cast'::regclass and d.objid = c.oid and d.deptype = 'e'
    join pg_extension e on e.oid = d.refobjid and d.refclassid = 'pg_extension'::regclass and e.extname = $1
  where 'real[]'::regtype in (c.castsource, c.casttarget)`;

/** A vector as `real[]`. */
export function toArray(forms: ArrayForms, value: string): string {
  return forms.toArray ? `(${value})::real[]` : `translate((${value})::text, '[]', '{}')::real[]`;
}

/** A `real[]` as a vector of the column's type. */
export function fromArray(forms: ArrayForms, value: string, type: string): string {
  return forms.fromArray ? `(${value})::real[]::${type}` : `translate((${value})::text, '{}', '[]')::${type}`;
}

/**
 * One row per table: rows, vectors that are not null, and a sum over a hash of every row with its vectors' elements. The
 * same before and after means that every vector is the same and stands in the same row; the order of rows has no say.
 */
export function fingerprintSql(table: VectorTable, forms: ArrayForms): string {
  const vectors = table.columns.map(({ name }) => `t.${identifier(name)}`);
  const row = [...table.others.map((name) => `t.${name}`), ...vectors.map((vector) => toArray(forms, vector))].join(
    ', ',
  );
  return `select ${literal(tableName(table))} as table, count(*)::text as rows,
    (${vectors.map((vector) => `count(${vector})`).join(' + ')})::text as vectors,
    coalesce(sum(hashtextextended(row(${row})::text collate "C", 0)), 0)::text as sum from ${tableName(table)} t`;
}

/** A table's fingerprint as the query gives it. */
export interface Fingerprint {
  table: string;
  rows: string;
  vectors: string;
  sum: string;
}

/** How long a script waits for a lock before it gives up and is tried again; whoever queues behind it waits as long. */
const LOCK_TIMEOUT = '10s';

/** Lines that the scripts print for pgpassage to read. */
export const MARK = {
  writesWait: 'mark writes-wait',
  readsWait: 'mark reads-wait',
  end: 'mark end',
  fingerprint: 'fingerprint ',
} as const;

/** A psql script that updates the extension by its own update scripts, in one transaction. */
export function inPlaceScript(conversion: Conversion): string {
  const { extension, from, to } = conversion;
  return `${guard(conversion)}
begin;
${beforehand(conversion)}
${mark(MARK.readsWait)}
${dropVectorIndexes(extension)}
alter extension ${identifier(extension)} update to ${literal(to.version)};
${fingerprints(conversion, 'after', to.forms)}
${compare()}
commit;
${mark(MARK.end)}
\\echo extension ${extension} is ${to.version}, updated in place from ${from.version}
`;
}

/**
 * A psql script that takes the vectors out of the extension's type and back into it, in one transaction: whatever fails,
 * PostgreSQL itself leaves everything as it was. Columns keep their place, because a column's type is altered and no
 * column is dropped; generated columns apart.
 */
export function stagedScript(conversion: Conversion): string {
  const { extension, from, to, tables, schema } = conversion;
  return `${guard(conversion)}
begin;
${beforehand(conversion)}
${mark(MARK.readsWait)}
${lock(tables, 'access exclusive')}
${dropVectorIndexes(extension)}
${conversion.drops.map((statement) => `${statement};`).join('\n')}
${tables.map((table) => stage(table, from.forms)).join('\n')}
-- Without CASCADE: what nobody foresaw stops it here.
drop extension ${identifier(extension)};
create extension ${identifier(extension)} with schema ${identifier(schema)} version ${literal(to.version)};
${tables.map((table) => unstage(table, to.forms)).join('\n')}
${fingerprints(conversion, 'after', to.forms)}
${compare()}
${conversion.early}
${session()}
${conversion.inTables.map((statement) => `${statement};`).join('\n')}
${conversion.late}
${session()}
${conversion.refreshes.map((statement) => `${statement};`).join('\n')}
commit;
${mark(MARK.end)}
\\echo extension ${extension} is ${to.version}, rebuilt around its data from ${from.version}
`;
}

/** The same way back. */
export function reversed(conversion: Conversion): Conversion {
  return { ...conversion, from: conversion.to, to: conversion.from };
}

function session(): string {
  return `set search_path = pg_catalog;\nset lock_timeout = '${LOCK_TIMEOUT}';`;
}

function guard({ extension, from, to }: Conversion): string {
  const installed = `(select extversion from pg_extension where extname = ${literal(extension)})`;
  return `\\set ON_ERROR_STOP on
\\set QUIET on
\\pset format unaligned
\\pset tuples_only on
set client_min_messages = warning;
set extra_float_digits = 1;
set statement_timeout = 0;
set client_connection_check_interval = 1000;
${session()}
select coalesce(${installed} = ${literal(to.version)}, false) as done \\gset
\\if :done
\\echo extension ${extension} is ${to.version} already
\\quit
\\endif
do $$ begin if ${installed} is distinct from ${literal(from.version)} then
  raise exception 'extension % is %, neither ${from.version} nor ${to.version}: nothing was touched', ${literal(extension)}, ${installed};
end if; end $$;`;
}

function beforehand(conversion: Conversion): string {
  return `${lock(conversion.tables, 'share row exclusive')}
${mark(MARK.writesWait)}
create temporary table pgpassage_fingerprint ("when" text, "table" text, rows text, vectors text, sum text) on commit drop;
${fingerprints(conversion, 'before', conversion.from.forms)}`;
}

function lock(tables: VectorTable[], mode: string): string {
  return tables.length === 0 ? '' : `lock table ${tables.map(tableName).join(', ')} in ${mode} mode;`;
}

function mark(text: string): string {
  return `select '${text} ' || round(extract(epoch from clock_timestamp()) * 1000);`;
}

function fingerprints({ tables }: Conversion, when: 'before' | 'after', forms: ArrayForms): string {
  const inserts = tables.map(
    (table) =>
      `insert into pg_temp.pgpassage_fingerprint select '${when}', x.* from (${fingerprintSql(table, forms)}) x;`,
  );
  return `${inserts.join('\n')}
select '${MARK.fingerprint}' || to_jsonb(f)::text from pg_temp.pgpassage_fingerprint f where "when" = '${when}';`;
}

function compare(): string {
  return `do $$ declare different text; begin
  select string_agg(b."table", ', ') into different
  from pg_temp.pgpassage_fingerprint b join pg_temp.pgpassage_fingerprint a on a."table" = b."table" and a."when" = 'after'
  where b."when" = 'before' and (a.rows, a.vectors, a.sum) is distinct from (b.rows, b.vectors, b.sum);
  if different is not null then raise exception 'vectors of % are not the same afterwards: everything was put back', different; end if;
end $$;`;
}

/** By the access method and not by name, so that it finds whatever indexes there are by then. */
function dropVectorIndexes(extension: string): string {
  return `do $$ declare statement text; begin
  for statement in select format('drop index %s', c.oid::regclass)
    from pg_class c join pg_depend d on d.classid = 'pg_am'::regclass and d.objid = c.relam and d.deptype = 'e'
      join pg_extension e on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid and e.extname = ${literal(extension)}
    where c.relkind in ('i', 'I') and not c.relispartition
  loop execute statement; end loop;
end $$;`;
}

/** Vectors become arrays; each one is turned back at once and compared with the vector it came from, bit by bit. */
function stage(table: VectorTable, forms: ArrayForms): string {
  return `${differs()}
alter table ${tableName(table)}
  ${table.columns.map((column) => `alter column ${identifier(column.name)} type real[] using ${staged(table, column, forms)}`).join(',\n  ')};`;
}

function staged(table: VectorTable, column: VectorColumn, forms: ArrayForms): string {
  const vector = identifier(column.name);
  const array = toArray(forms, vector);
  const again = fromArray(forms, array, column.type);
  const bytes = (value: string) => (column.send === null ? `(${value})::text` : `${column.send}(${value})`);
  return `case when ${vector} is null then null when ${bytes(again)} = ${bytes(vector)} then ${array}
    else pg_temp.pgpassage_differs(${literal(`${tableName(table)}.${vector}`)}) end`;
}

/** Arrays become vectors of the new version; each one is read back at once and compared element by element. */
function unstage(table: VectorTable, forms: ArrayForms): string {
  const actions = table.columns.flatMap((column) => {
    const array = identifier(column.name);
    const vector = fromArray(forms, array, column.type);
    const refused = fromArray(
      forms,
      `pg_temp.pgpassage_differs(${literal(`${tableName(table)}.${array}`)})`,
      column.type,
    );
    return [
      `alter column ${array} type ${column.type} using case when ${array} is null then null
    when ${toArray(forms, vector)} = ${array} then ${vector} else ${refused} end`,
      ...(column.storage ? [`alter column ${array} set storage ${column.storage}`] : []),
      ...(column.compression ? [`alter column ${array} set compression ${column.compression}`] : []),
    ];
  });
  return `alter table ${tableName(table)}\n  ${actions.join(',\n  ')};`;
}

function differs(): string {
  return `create or replace function pg_temp.pgpassage_differs(what text) returns real[] language plpgsql as
  'begin raise exception ''a vector of % would not stay the same: everything was put back'', what; end';`;
}
