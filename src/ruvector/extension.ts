import type { Sql } from '../postgres/connection';

/** What a database and its server's packages have of an extension. Nothing about its versions is known beforehand. */
export interface Extension {
  name: string;
  version: string;
  schema: string;
  /** The role that owns it. */
  owner: string;
  /** Versions that `CREATE EXTENSION` can make. */
  available: string[];
  /** Versions that the installed one can be updated to in place, through scripts that somebody has put there. */
  updatable: string[];
}

/** Reads an extension of the connected database; undefined where it is not installed. */
export async function readExtension(sql: Sql, name: string): Promise<Extension | undefined> {
  const [row] = await sql.query<{ [column: string]: unknown } & Extension>(
    `select e.extname as name, e.extversion as version, n.nspname as schema, pg_get_userbyid(e.extowner) as owner,
       coalesce((select array_agg(v.version order by v.version) from pg_available_extension_versions v
                 where v.name = e.extname), '{}') as available,
       coalesce((select array_agg(p.target order by p.target) from pg_extension_update_paths(e.extname) p
                 where p.source = e.extversion and p.path is not null), '{}') as updatable
     from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = $1`,
    [name],
  );
  return row;
}

/** How an extension gets to another version: by its update scripts, or dropped and made anew around its data. */
export type Strategy = 'in place' | 'staged rebuild';

/** In place wherever an update path leads there, shipped or put there by the operator. */
export function strategyFor(extension: Extension, to: string): Strategy {
  return extension.updatable.includes(to) ? 'in place' : 'staged rebuild';
}

/** CTE `member (classid, objid)`: the objects that belong to extension `$1`. */
export const MEMBER = `
  member as (
    select d.classid, d.objid from pg_depend d join pg_extension e on e.oid = d.refobjid
    where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and e.extname = $1)`;
