import { renameOf, whyRemoved } from '../../configuration/renames';
import type { Check, Found, PreflightContext } from '../check';
import { identity } from './sql';

/** A setting and where it stands. `object` is absent for what stands in a file or on the command line. */
export interface SetSomewhere {
  name: string;
  value: string;
  place: string;
  object?: string;
  database?: string | null;
  /** Set for all roles, which pg_upgrade leaves behind and pgpassage sets again. */
  lost?: boolean;
}

export const removedSettings: Check = {
  name: 'removed-settings',
  title: 'No setting is used that the target version does not have',
  mechanism: 'catalog comparison: pg_settings of both; files, command line, roles, databases, functions',
  async run(context) {
    const { goneSettings } = await context.comparison();
    const gone = new Set(goneSettings);
    const used = [...(await fileSettings(context)), ...(await attachedSettings(context))];
    return used.filter(({ name }) => gone.has(name.toLowerCase())).map((setting) => finding(context, setting));
  },
};

function finding({ from, to }: PreflightContext, setting: SetSomewhere): Found {
  const rename = renameOf(setting.name, from.version, to.version);
  const reason = rename ? `it is called ${rename.to} from ${rename.version} on` : whyRemoved(setting.name, to.version);
  if (setting.object === undefined) {
    return {
      ...{ severity: 'warning', effect: 'changes meaning', object: setting.name, version: to.version },
      seen: `set in ${setting.place}; ${reason}. A server that finds it in its configuration does not start`,
      action: rename
        ? `Nothing has to be done: the new configuration says ${rename.to} instead.`
        : 'Nothing has to be done: it is left out of the new configuration. See whether you miss what it did.',
    };
  }
  return {
    ...{
      severity: 'blocker',
      effect: 'ends the upgrade',
      object: setting.object,
      database: setting.database ?? undefined,
      version: to.version,
    },
    seen: `${setting.name} is set for it; ${reason}. ${consequence(setting)}`,
    action: `${resetStatement(setting)}${rename ? `, and set ${rename.to} after the phase` : ''}.`,
  };
}

function consequence({ lost }: SetSomewhere): string {
  return lost
    ? 'pg_upgrade leaves it behind, and it could not be set again afterwards'
    : 'pg_upgrade --check passes, and the real run fails when it restores this';
}

/** How the setting is taken off again. */
export function resetStatement({ object = '', database, name }: SetSomewhere): string {
  const [kind] = object.split(' ', 1);
  const where = kind === 'role' && database ? ` IN DATABASE "${database}"` : '';
  return `ALTER ${kind.toUpperCase()} ${object.slice(kind.length + 1)}${where} RESET ${name}`;
}

/** What configuration files and the command line set. */
export async function fileSettings(context: PreflightContext): Promise<SetSomewhere[]> {
  return context.sql(undefined, (sql) =>
    sql.query<SetSomewhere & Record<string, unknown>>(
      `select name, coalesce(setting, '') as value, sourcefile || ' line ' || sourceline as place
         from pg_file_settings where name is not null
       union all
       select name, setting, 'the command line that the server was started with' from pg_settings where source = 'command line'
          -- pg_ctl and service managers always say where the configuration is.
          and name not in ('config_file', 'data_directory', 'hba_file', 'ident_file')`,
    ),
  );
}

/** What roles, databases and functions set. */
export async function attachedSettings(context: PreflightContext): Promise<SetSomewhere[]> {
  const kinds = await context.sql(undefined, (sql) =>
    sql.query<SetSomewhere & Record<string, unknown>>(
      `select split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as value, 'pg_db_role_setting' as place,
              case when s.setrole <> 0 then 'role ' || quote_ident(r.rolname)
                   when s.setdatabase <> 0 then 'database ' || quote_ident(d.datname) else 'role ALL' end as object,
              case when s.setdatabase <> 0 then d.datname end as database,
              s.setrole = 0 and s.setdatabase = 0 as lost
         from pg_db_role_setting s cross join unnest(s.setconfig) c
         left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase
        order by 4, 1`,
    ),
  );
  const functions = await context.inUpgradedDatabases((sql) =>
    sql.query<SetSomewhere & Record<string, unknown>>(
      `select split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as value, 'pg_proc' as place,
              ${identity('pg_proc', 'p.oid')} as object, current_database() as database
         from pg_proc p cross join unnest(p.proconfig) c where p.oid >= 16384`,
    ),
  );
  return [...kinds, ...functions];
}
