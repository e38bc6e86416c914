import { identifier, literal } from '../../connection';
import type { Check, Found, PreflightContext } from '../check';
import { attachedSettings, fileSettings, resetStatement, type SetSomewhere } from './removed-settings';

/** What they name has to exist in the cluster, and an empty scratch server has none of it. */
const NAME_OBJECTS = new Set([
  ...['default_tablespace', 'temp_tablespaces', 'default_text_search_config', 'default_table_access_method'],
  ...['role', 'session_authorization'],
]);

export const settingValues: Check = {
  name: 'setting-values',
  title: 'The target version takes every value that is set',
  mechanism: 'scratch server: ALTER SYSTEM SET with each value; pg_file_settings',
  async run(context) {
    const { goneSettings } = await context.comparison();
    const settings = [...effective(await fileSettings(context)), ...(await attachedSettings(context))];
    // A name with a dot belongs to a library; without it the server keeps any value.
    const judged = settings.filter(
      ({ name }) => !name.includes('.') && !NAME_OBJECTS.has(name) && !goneSettings.includes(name.toLowerCase()),
    );
    const refused = await refusedValues(context, judged);
    const broken = await brokenFiles(context);
    const told = new Set(broken.map(({ object }) => object));
    const findings = judged.flatMap((setting, index) => {
      const message = refused.get(index);
      return message === undefined || told.has(setting.place) ? [] : [refusedFinding(context, setting, message)];
    });
    return [...findings, ...broken, ...(await archiverFindings(context))];
  },
};

/** Of a name that stands in several places the last one counts. */
function effective(settings: SetSomewhere[]): SetSomewhere[] {
  return [...new Map(settings.map((setting) => [setting.name.toLowerCase(), setting])).values()];
}

/** Index → why the target refuses it. ALTER SYSTEM parses and checks settings of every context, and starts nothing. */
async function refusedValues({ scratch }: PreflightContext, settings: SetSomewhere[]): Promise<Map<number, string>> {
  const server = await scratch();
  const statements = settings.map(({ name, value }) => {
    const text = literal(value).trim().replaceAll(/\r?\n/g, ' ');
    return `alter system set ${identifier(name)} to ${text};`;
  });
  const { stderr } = await server.script([...statements, 'alter system reset all;'].join('\n'));
  const refused = new Map<number, string>();
  // 22023: invalid_parameter_value. Others say that ALTER SYSTEM may not set it at all, as with config_file.
  for (const [, line, message] of stderr.matchAll(/^psql:[^:]*:(\d+): ERROR: +22023: (.*)$/gm)) {
    refused.set(Number(line) - 1, message);
  }
  return refused;
}

function refusedFinding({ to }: PreflightContext, setting: SetSomewhere, message: string): Found {
  const attached = setting.object !== undefined;
  return {
    ...{ severity: 'blocker', effect: attached ? 'ends the upgrade' : 'breaks later', version: to.version },
    ...(attached ? {} : { judgement: true as const }),
    ...{ object: setting.object ?? setting.name, database: setting.database ?? undefined },
    seen: `${setting.name} in ${setting.place} has a value that PostgreSQL ${to.version} refuses: ${message}`,
    action: attached
      ? `${resetStatement(setting)}, or set a value that both versions take.`
      : `Set a value that both versions take, or give the plan the setting ${setting.name} for this phase.`,
  };
}

async function brokenFiles(context: PreflightContext): Promise<Found[]> {
  const rows = await context.sql(undefined, (sql) =>
    sql.query<{ place: string; error: string; name: string | null }>(
      `select f.sourcefile || ' line ' || f.sourceline as place, f.error, f.name from pg_file_settings f
        where f.error is not null
          -- Also told of what only waits for a restart, which is no mistake.
          and not exists (select from pg_settings s where s.name = f.name and s.pending_restart)`,
    ),
  );
  return rows.map(({ place, error, name }) => ({
    ...{ severity: 'blocker', effect: 'ends the upgrade', object: place },
    seen: `the running server can't use ${name ?? 'this line'}: ${error}. It would not start again, and pg_upgrade starts it`,
    action: 'Correct the line and reload: select pg_reload_conf(), then see pg_file_settings.',
  }));
}

async function archiverFindings(context: PreflightContext): Promise<Found[]> {
  const [row] = await context.sql(undefined, (sql) =>
    sql.query<{ library: string; command: string; mode: string }>(
      `select current_setting('archive_library') as library, current_setting('archive_mode') as mode,
              (select setting from pg_settings where name = 'archive_command') as command`,
    ),
  );
  // Without a library 15 shows "(disabled)" for a command that is not set.
  const both = row.mode !== 'off' && row.library !== '' && row.command !== '' && row.command !== '(disabled)';
  if (!both || context.to.version < 16) return [];
  return [
    {
      ...{ severity: 'blocker', effect: 'breaks later', object: 'archive_library', version: 16, judgement: true },
      seen: 'archive_library and archive_command are both set: from 16 on the archiver then ends over and over, while the server looks healthy and keeps its WAL',
      action: 'Unset one of the two: ALTER SYSTEM RESET archive_command (or archive_library), then reload.',
    },
  ];
}
