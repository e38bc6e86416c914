import { literal, type Row } from '../connection';
import type { PreflightContext } from './check';
import { named } from './checks/sql';

/** A function whose body the target version refuses and the running one takes. */
export interface ValidationError {
  database: string;
  object: string;
  message: string;
}

/** A function as both servers know it; OIDs of functions differ between them. */
interface Refused extends Row {
  object: string;
  message: string;
}

const RESULT = 'pgpassage.refused';

/**
 * Has every SQL and PL/pgSQL function compiled by its language's validator on the scratch server, as CREATE FUNCTION does
 * with check_function_bodies on; pg_dump switches that off. What is refused there is tried on the running server too, so
 * that a function that has been broken all along is not laid to the upgrade. A validator reads and changes nothing.
 */
export async function validationErrors(context: PreflightContext): Promise<ValidationError[]> {
  await context.restoreErrors();
  const scratch = await context.scratch();
  const errors: ValidationError[] = [];
  // A database that could not even be created is the restore's finding.
  const restored = await scratch.query<{ datname: string }>('select datname from pg_catalog.pg_database', 'template1');
  for (const database of await context.upgradedDatabases()) {
    if (!restored.some(({ datname }) => datname === database)) continue;
    const { stdout } = await scratch.script(`${validate()}; select pg_catalog.current_setting('${RESULT}');`, database);
    const refused = parsed(stdout);
    if (refused.length === 0) continue;
    const before = await refusedBefore(context, database, refused);
    const fresh = refused.filter(({ object }) => !before.has(object));
    errors.push(...fresh.map(({ object, message }) => ({ database, object, message })));
  }
  return errors;
}

function parsed(text: string): Refused[] {
  return JSON.parse(text) as Refused[];
}

async function refusedBefore(context: PreflightContext, database: string, refused: Refused[]): Promise<Set<string>> {
  const names = refused.map(({ object }) => literal(object)).join(', ');
  return context.sql(database, async (sql) => {
    await sql.query(validate(`and ${named('i')} in (${names})`));
    const [row] = await sql.query<{ result: string }>(`select current_setting('${RESULT}') as result`);
    return new Set(parsed(row.result).map(({ object }) => object));
  });
}

/**
 * The function's own search_path where it has one; otherwise its schema and then all others, so that names are found that
 * an application's setting would find. Where that finds the wrong one, it does so on both servers.
 */
function validate(condition = ''): string {
  const block = `
    declare
      f record; refused jsonb := '[]'; everywhere text;
    begin
      select string_agg(quote_ident(nspname), ', ' order by nspname) into everywhere
        from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema';
      for f in
        select p.oid, l.lanname, ${named('i')} as object,
               coalesce((select substr(c, 13) from unnest(p.proconfig) c where c like 'search_path=%'),
                        quote_ident(n.nspname) || ', ' || everywhere) as path
          from pg_catalog.pg_proc p
          join pg_catalog.pg_language l on l.oid = p.prolang and l.lanname in ('sql', 'plpgsql')
          join pg_catalog.pg_namespace n on n.oid = p.pronamespace
          cross join pg_catalog.pg_identify_object('pg_catalog.pg_proc'::regclass, p.oid, 0) i
         where p.oid >= 16384 and p.prosqlbody is null and not exists (select from pg_catalog.pg_depend e
               where e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid and e.deptype = 'e') ${condition}
      loop
        begin
          perform pg_catalog.set_config('search_path', f.path, true);
          if f.lanname = 'sql' then perform pg_catalog.fmgr_sql_validator(f.oid);
          else perform pg_catalog.plpgsql_validator(f.oid); end if;
        exception when others then
          refused := refused || pg_catalog.jsonb_build_object('object', f.object, 'message', sqlerrm);
        end;
      end loop;
      perform pg_catalog.set_config('${RESULT}', refused::text, false);
    end`;
  return `do language plpgsql ${literal(block)}`;
}
