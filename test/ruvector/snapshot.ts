import type { RuvectorLab } from './lab';

/** The columns of a table, in their order. */
const COLUMNS = `select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum) from pg_attribute
  where attrelid = 'claude_flow.hyperbolic_embeddings'::regclass and attnum > 0 and not attisdropped`;
const SUM = `select sum(hashtextextended(t::text, 0)) from claude_flow.embeddings t`;
const SCHEMA = `select string_agg(x, E'\\n' order by x) from (
  select pg_get_viewdef(oid) || relname || relowner::regrole || coalesce(relacl::text, '') as x from pg_class where relnamespace = 'claude_flow'::regnamespace and relkind in ('v', 'm')
  union all select pg_get_functiondef(oid) || coalesce(proacl::text, '') from pg_proc where pronamespace = 'claude_flow'::regnamespace
  union all select pg_get_constraintdef(oid) from pg_constraint where connamespace = 'claude_flow'::regnamespace
  union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all select pg_get_indexdef(indexrelid) || coalesce(obj_description(indexrelid), '') from pg_index join pg_class on oid = indexrelid where relnamespace = 'claude_flow'::regnamespace
  union all select polname || pg_get_expr(polqual, polrelid) from pg_policy
  union all select pg_get_statisticsobjdef(oid) from pg_statistic_ext) s`;

/** What an upgrade and its way back have to leave as it was. The definitions differ between versions, the rest does not. */
export interface Snapshot {
  sum: string;
  columns: string;
  definitions: string;
}

export async function snapshot(lab: RuvectorLab): Promise<Snapshot> {
  return { sum: await lab.sql(SUM), columns: await lab.sql(COLUMNS), definitions: await lab.sql(SCHEMA) };
}
