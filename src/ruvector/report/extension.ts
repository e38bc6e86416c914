import { identifier, qualified, type Sql } from '../../postgres/connection';
import { VECTOR_TYPE, type RewriteOptions } from '../rewrite/names';

/** Marks the statements of the report itself, which pg_stat_statements keeps like any other. */
export const OWN = '/* pgpassage */';

/** The extension as a database has it. */
export interface InstalledExtension {
  version: string;
  schema: string;
  /** What `<#>` returns there; undefined where it has no such operator, or no function to compare it with. */
  innerProduct?: RewriteOptions['innerProduct'];
}

/** Reads the extension from the catalog; undefined where the database does not have it. */
export async function installedExtension(sql: Sql): Promise<InstalledExtension | undefined> {
  const [row] = await sql.query<{ version: string; schema: string; comparable: boolean }>(
    `select e.extversion as version, n.nspname as schema,
       exists (select from pg_operator o join pg_type t on t.oid = o.oprleft
               where o.oprname = '<#>' and o.oprnamespace = n.oid and t.typname = $1)
       and exists (select from pg_proc where proname = 'ruvector_inner_product' and pronamespace = n.oid) as comparable
     from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'ruvector'`,
    [VECTOR_TYPE],
  );
  if (!row) return undefined;
  const { version, schema, comparable } = row;
  return { version, schema, ...(comparable && { innerProduct: await sign(sql, schema) }) };
}

/** Packagings differ in the sign, and no catalog tells it: both are asked for the same two vectors. */
async function sign(sql: Sql, schema: string): Promise<RewriteOptions['innerProduct']> {
  const vector = (text: string) => `'${text}'::${qualified(schema, VECTOR_TYPE)}`;
  const [a, b] = [vector('[1,2]'), vector('[3,4]')];
  const [{ same }] = await sql.query<{ same: boolean }>(
    `select ${OWN} ${qualified(schema, 'ruvector_inner_product')}(${a}, ${b}) = ${a} operator(${identifier(schema)}.<#>) ${b} as same`,
  );
  return same ? 'plain' : 'negative';
}
