import type { Sql } from '../../postgres/connection';
import { OWN } from './extension';

/** An object of a database, or a statement that it has run, with the SQL that makes it. */
export interface CatalogText {
  kind: string;
  name: string;
  text: string;
}

/** The condition that an object is not an extension's own: those are replaced by its update. */
const ownNot = (catalog: string, oid: string): string =>
  `not exists (select from pg_depend d where d.classid = '${catalog}'::regclass and d.objid = ${oid} and d.deptype = 'e')`;

/** For each kind of object the statement that makes it; $1 is a regular expression that its text has to match. */
const QUERIES: string[] = [
  `select case p.prokind when 'p' then 'procedure' else 'function' end as kind, p.oid::regprocedure::text as name,
     case when p.prokind in ('f', 'p') then pg_get_functiondef(p.oid) end as text
   from pg_proc p join pg_language l on l.oid = p.prolang
   where l.lanname not in ('internal', 'c') and ${ownNot('pg_proc', 'p.oid')}`,
  `select 'view' as kind, c.oid::regclass::text as name,
     format(E'CREATE OR REPLACE VIEW %s AS\\n%s', c.oid::regclass, pg_get_viewdef(c.oid)) as text
   from pg_class c where c.relkind = 'v' and ${ownNot('pg_class', 'c.oid')}`,
  `select 'materialized view' as kind, c.oid::regclass::text as name,
     format(E'CREATE MATERIALIZED VIEW %s AS\\n%s', c.oid::regclass, pg_get_viewdef(c.oid)) as text
   from pg_class c where c.relkind = 'm' and ${ownNot('pg_class', 'c.oid')}`,
  `select 'index' as kind, indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as text
   from pg_index where indexprs is not null or indpred is not null`,
  `select case a.attgenerated when '' then 'default' else 'generated column' end as kind,
     format('%s.%I', d.adrelid::regclass, a.attname) as name,
     format('ALTER TABLE %s ALTER COLUMN %I SET %s (%s)', d.adrelid::regclass, a.attname,
       case a.attgenerated when '' then 'DEFAULT' else 'EXPRESSION AS' end, pg_get_expr(d.adbin, d.adrelid)) as text
   from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum`,
  `select 'constraint' as kind, coalesce(nullif(conrelid, 0)::regclass::text, contypid::regtype::text) || '.' || conname as name,
     format('ALTER %s %s ADD CONSTRAINT %I %s', case when conrelid = 0 then 'DOMAIN' else 'TABLE' end,
       coalesce(nullif(conrelid, 0)::regclass::text, contypid::regtype::text), conname, pg_get_constraintdef(oid)) as text
   from pg_constraint where contype = 'c'`,
  `select 'policy' as kind, format('%s.%I', polrelid::regclass, polname) as name,
     format('ALTER POLICY %I ON %s', polname, polrelid::regclass)
       || coalesce(format(' USING (%s)', pg_get_expr(polqual, polrelid)), '')
       || coalesce(format(' WITH CHECK (%s)', pg_get_expr(polwithcheck, polrelid)), '') as text
   from pg_policy`,
  `select 'trigger' as kind, format('%s.%I', tgrelid::regclass, tgname) as name, pg_get_triggerdef(oid) as text
   from pg_trigger where tgqual is not null and not tgisinternal`,
  `select 'rule' as kind, format('%s.%I', ev_class::regclass, rulename) as name, pg_get_ruledef(oid) as text
   from pg_rewrite where rulename <> '_RETURN'`,
  `select 'statistics' as kind, format('%I.%I', stxnamespace::regnamespace::text, stxname) as name,
     pg_get_statisticsobjdef(oid) as text
   from pg_statistic_ext where stxexprs is not null`,
];

/** Every text of the database that matches the regular expression, as the catalog writes it: fully qualified. */
export async function catalogTexts(sql: Sql, pattern: string): Promise<CatalogText[]> {
  const found: CatalogText[] = [];
  for (const query of [...QUERIES, ...(await statementsQuery(sql))]) {
    found.push(...(await matching(sql, query, pattern)));
  }
  return found;
}

/** MATERIALIZED keeps the condition out of the query, where it would be evaluated for what has no text. */
function matching(sql: Sql, query: string, pattern: string): Promise<CatalogText[]> {
  const text = `with texts as materialized (${query}) select kind, name, text from texts where text ~* $1 order by name`;
  return sql.query<CatalogText & Record<string, unknown>>(text, [pattern]);
}

/** pg_stat_statements, where it is installed and loaded; it may be in any schema. */
async function statementsQuery(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ view: string }>(
    `select format('%I.pg_stat_statements', n.nspname) as view from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'pg_stat_statements'
       and 'pg_stat_statements' = any (string_to_array(replace(current_setting('shared_preload_libraries'), ' ', ''), ','))`,
  );
  return rows.map(
    ({ view }) =>
      `select distinct on (queryid) 'statement' as kind, queryid::text as name, query as text from ${view}
       where dbid = (select oid from pg_database where datname = current_database()) and queryid is not null
         and query not like '%${OWN}%'`,
  );
}
