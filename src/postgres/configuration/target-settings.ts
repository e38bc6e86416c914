import type { CommandResult } from '../../hosts/host';
import type { ScratchCluster } from './scratch-cluster';
import { serverMessages } from './host-files';
import { SETTING_COLUMNS, type Setting } from './setting';

/** What the target knows of settings. */
export interface TargetSettings {
  settings: Setting[];
  /** Those of the names asked for that it takes although pg_settings does not show them. */
  unlisted: string[];
}

/**
 * Reads the target's settings from its own pg_settings. `postgres --describe-config` would need no data directory, but has
 * neither the values of enums nor units nor most defaults, and leaves hidden settings out.
 * @param names settings of the old configuration.
 * @throws Error with what the target's server said when it did not answer.
 */
export async function readTargetSettings(scratch: ScratchCluster, names: readonly string[]): Promise<TargetSettings> {
  const asked = names.filter((name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)).map((name) => `('${name}')`);
  // A values list may not be empty.
  const unlisted = `select asked.name from (values ${['(null)', ...asked].join(', ')}) asked (name)
    where current_setting(asked.name, true) is not null
      and not exists (select from pg_settings s where lower(s.name) = lower(asked.name))`;
  const [settings] = await queryScratch<{ settings: Setting[]; unlisted: string[] }>(
    scratch,
    `select (select json_agg(s) from (select ${SETTING_COLUMNS} from pg_settings) s) as settings,
       (select coalesce(json_agg(name), '[]') from (${unlisted}) u) as unlisted`,
  );
  return settings;
}

const ROWS = 'pgpassage-rows:';

/** Runs a query in single-user mode and returns its rows. @throws Error with what the server said instead. */
export async function queryScratch<T>(
  scratch: ScratchCluster,
  query: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  // Single-user mode reads one line as one statement and prompts on standard output; hex passes through both unharmed.
  const line = query.replaceAll(/\s*\n\s*/g, ' ');
  const copy = `copy (select '${ROWS}' || encode(convert_to(coalesce(json_agg(r), '[]')::text, 'UTF8'), 'hex') from (${line}) r) to stdout`;
  const result = await scratch.single(copy, settings);
  const rows = new RegExp(`${ROWS}([0-9a-f]+)`).exec(result.stdout)?.[1];
  if (rows === undefined) throw new Error(`the target's server did not answer: ${whatItSaid(result)}`);
  return JSON.parse(Buffer.from(rows, 'hex').toString('utf8')) as T[];
}

function whatItSaid({ exitCode, stderr }: CommandResult): string {
  const messages = serverMessages(stderr).map(({ level, text }) => `${level}: ${text}`);
  return messages.join('; ') || stderr.trim() || `exit code ${exitCode}`;
}
