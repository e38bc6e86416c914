import { identifier, literal, type Sql } from '../postgres/connection';
import type { Dependant } from './dependants';

/** What has to be dropped around a change of the vector columns' type, and how it comes back. All of it as SQL. */
export interface Restoration {
  /** In the order of dropping. Each may find its object gone. */
  drops: string[];
  /** Objects that pg_restore brings back from the dump, before the columns below. */
  early: Dependant[];
  /** Generated columns, defaults and checks, which a dump has inside of CREATE TABLE only. */
  inTables: string[];
  /** Objects that pg_restore brings back afterwards. */
  late: Dependant[];
  /** Materialized views that were filled. */
  refreshes: string[];
  /** Generated columns: they come back as the last columns of their tables. */
  moved: string[];
  /** What the staged rebuild does not know how to carry over. */
  unsupported: Dependant[];
}

const RESTORED = ['pg_class', 'pg_proc', 'pg_trigger', 'pg_policy', 'pg_rewrite', 'pg_statistic_ext', 'pg_constraint'];

type Role = 'dumped' | 'vector index' | 'generated column' | 'default' | 'check' | 'unsupported';

function roleOf(each: Dependant, vectorIndexes: ReadonlySet<number>): Role {
  const { catalog, column, sort, oid, kind } = each;
  if (catalog === 'pg_class' && sort === 'i' && vectorIndexes.has(oid)) return 'vector index';
  if (catalog === 'pg_class' && sort === 'I') return vectorIndexes.has(oid) ? 'vector index' : 'unsupported';
  if (catalog === 'pg_class' && column > 0) return each.late && sort !== 'c' ? 'generated column' : 'unsupported';
  if (catalog === 'pg_class') return ['v', 'm', 'i'].includes(sort) ? 'dumped' : 'unsupported';
  if (catalog === 'pg_attrdef') return 'default';
  if (catalog === 'pg_constraint')
    return kind === 'domain constraint' ? 'unsupported' : sort === 'c' ? 'check' : 'dumped';
  return RESTORED.includes(catalog) ? 'dumped' : 'unsupported';
}

/**
 * Sorts the dependants by how they are carried over.
 * @param position the object's place in the dump's table of contents, which is an order that can be restored; undefined
 *   for one that the dump does not have.
 */
export async function planRestoration(
  sql: Sql,
  dependants: readonly Dependant[],
  vectorIndexes: ReadonlySet<number>,
  position: (object: Dependant) => number | undefined,
): Promise<Restoration> {
  const by = (role: Role) => dependants.filter((each) => roleOf(each, vectorIndexes) === role);
  const dumped = by('dumped');
  const known = dumped.filter((each) => position(each) !== undefined);
  const ordered = [...known].sort((a, b) => position(a)! - position(b)!);
  const [early, late] = [ordered.filter(isEarly), ordered.filter((each) => !isEarly(each))];
  const columns = await generatedColumns(sql, by('generated column'));
  const others = [...(await defaults(sql, by('default'))), ...(await checks(sql, by('check')))];
  return {
    drops: [
      ...late.map(dropSql).reverse(),
      ...others.map(({ drop }) => drop),
      ...columns.map(({ drop }) => drop).reverse(),
      ...early.map(dropSql).reverse(),
    ],
    early,
    inTables: [...columns, ...others].map(({ make }) => make),
    late,
    refreshes: await filledViews(sql, late),
    moved: columns.map(({ name }) => name),
    unsupported: [...by('unsupported'), ...dumped.filter((each) => position(each) === undefined)],
  };
}

/** Functions come before the columns and checks that call them, unless they stand on a view or on such a column. */
function isEarly({ catalog, late }: Dependant): boolean {
  return catalog === 'pg_proc' && !late;
}

function dropSql({ kind, identity }: Dependant): string {
  if (kind !== 'table constraint')
    return `drop ${kind === 'statistics object' ? 'statistics' : kind} if exists ${identity}`;
  const at = identity.lastIndexOf(' on ');
  return `alter table ${identity.slice(at + 4)} drop constraint if exists ${identity.slice(0, at)}`;
}

interface InTable {
  name: string;
  drop: string;
  make: string;
}

async function generatedColumns(sql: Sql, columns: Dependant[]): Promise<InTable[]> {
  const rows = await sql.query<{
    table: string;
    column: string;
    type: string;
    expression: string;
    required: boolean;
    kind: string;
    comment: string | null;
  }>(
    `select format('%I.%I', n.nspname, c.relname) as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
       pg_get_expr(d.adbin, d.adrelid) as expression, a.attnotnull as required, a.attgenerated as kind,
       col_description(c.oid, a.attnum) as comment
     from unnest($1::oid[], $2::int[]) x (oid, number) join pg_attribute a on a.attrelid = x.oid and a.attnum = x.number
       join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
       join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attinhcount = 0 order by 1, a.attnum`,
    [columns.map(({ oid }) => oid), columns.map(({ column }) => column)],
  );
  return rows.map(({ table, column, type, expression, required, kind, comment }) => {
    const name = `${table}.${identifier(column)}`;
    const how = `generated always as (${expression}) ${kind === 'v' ? 'virtual' : 'stored'}${required ? ' not null' : ''}`;
    const add = `alter table ${table} add column ${identifier(column)} ${type} ${how}`;
    return {
      name,
      drop: `alter table ${table} drop column if exists ${identifier(column)}`,
      make: comment === null ? add : `${add};\ncomment on column ${name} is ${literal(comment)}`,
    };
  });
}

async function defaults(sql: Sql, list: Dependant[]): Promise<InTable[]> {
  const rows = await sql.query<{ table: string; column: string; expression: string }>(
    `select format('%I.%I', n.nspname, c.relname) as table, quote_ident(a.attname) as column, pg_get_expr(d.adbin, d.adrelid) as expression
     from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
       join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where d.oid = any ($1::oid[]) order by 1, 2`,
    [list.map(({ oid }) => oid)],
  );
  return rows.map(({ table, column, expression }) => {
    const alter = `alter table only ${table} alter column ${column}`;
    return { name: `${table}.${column}`, drop: `${alter} drop default`, make: `${alter} set default ${expression}` };
  });
}

async function checks(sql: Sql, list: Dependant[]): Promise<InTable[]> {
  const rows = await sql.query<{ table: string; name: string; definition: string; comment: string | null }>(
    `select format('%I.%I', n.nspname, c.relname) as table, quote_ident(k.conname) as name,
       pg_get_constraintdef(k.oid) as definition, obj_description(k.oid, 'pg_constraint') as comment
     from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
     where k.oid = any ($1::oid[]) and k.coninhcount = 0 order by 1, 2`,
    [list.map(({ oid }) => oid)],
  );
  return rows.map(({ table, name, definition, comment }) => {
    const add = `alter table ${table} add constraint ${name} ${definition}`;
    return {
      name,
      drop: `alter table ${table} drop constraint if exists ${name}`,
      make: comment === null ? add : `${add};\ncomment on constraint ${name} on ${table} is ${literal(comment)}`,
    };
  });
}

async function filledViews(sql: Sql, late: Dependant[]): Promise<string[]> {
  const views = late.filter(({ kind }) => kind === 'materialized view');
  const filled = await sql.query<{ oid: string }>(
    'select oid::text as oid from pg_class where relispopulated and oid = any ($1::oid[])',
    [views.map(({ oid }) => oid)],
  );
  const oids = new Set(filled.map(({ oid }) => Number(oid)));
  return views.filter(({ oid }) => oids.has(oid)).map(({ identity }) => `refresh materialized view ${identity}`);
}
