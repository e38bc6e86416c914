import type { Check, Found } from '../check';
import { libraryList } from '../context';

const SETTINGS = ['session_preload_libraries', 'local_preload_libraries', 'archive_library'];

export const preloadLibraries: Check = {
  name: 'preload-libraries',
  title: 'Every library that is loaded by a setting is there for the target version',
  mechanism: 'scratch server: it is started with them, or loads them',
  async run(context) {
    const scratch = await context.scratch();
    const rows = await context.sql(undefined, (sql) =>
      sql.query<{ setting: string; place: string }>(
        `select setting, name as place from pg_settings where name = any ($1)
         union all
         select substr(c, strpos(c, '=') + 1), split_part(c, '=', 1) || ' of '
                || case when s.setrole <> 0 then 'role ' || r.rolname else 'database ' || d.datname end
           from pg_db_role_setting s cross join unnest(s.setconfig) c
           left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
          where split_part(c, '=', 1) = any ($1)`,
        [SETTINGS],
      ),
    );
    const findings = scratch.refusedLibraries.map(({ library, message }) =>
      refused(library, 'shared_preload_libraries', message, context.to.version),
    );
    const named = rows.flatMap(({ setting, place }) => libraryList(setting).map((library) => ({ library, place })));
    const errors = await scratch.loadErrors([...new Set(named.map(({ library }) => library))]);
    for (const { library, place } of named) {
      const message = errors.get(library);
      if (message !== undefined) findings.push(refused(library, place, message, context.to.version));
    }
    return findings;
  },
};

function refused(library: string, place: string, message: string, version: number): Found {
  return {
    ...{ severity: 'blocker', effect: 'breaks later', object: `library ${library}`, version, judgement: true },
    seen: `${place} names it, and PostgreSQL ${version} does not load it: ${message}; the new server or its sessions would not start`,
    action: `Install its package for PostgreSQL ${version}, or take it out of ${place} by the plan's settings for this phase.`,
  };
}
