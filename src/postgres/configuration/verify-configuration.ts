import type { CommandResult, Host } from '../../hosts/host';
import { program, type Layout } from '../cluster';
import { serverMessages } from './host-files';
import type { ScratchCluster } from './scratch-cluster';
import { byName, isCustom, type Setting } from './setting';
import { queryScratch } from './target-settings';
import { sameValue } from './values';

/** Settings given on the command line of a trial, over those of the files. */
export type Overrides = Readonly<Record<string, string>>;

/**
 * Has the target's own `postgres` read the configuration as it would at its start: every setting, every value, the
 * libraries to preload, certificates and keys. It opens no port and takes no shared memory.
 * @returns what it said against it, one text for each; empty when it would start.
 */
export async function verifyConfiguration(
  host: Host,
  layout: Layout,
  osUser: string,
  overrides: Overrides = {},
): Promise<string[]> {
  // Any setting makes it read the files and tell of all mistakes at once; shared_memory_size, computed, makes it go on
  // with libraries and certificates. It would stop at the first mistake of those.
  for (const name of ['port', 'shared_memory_size']) {
    const result = await host.run({
      argv: [...postgres(layout, overrides), '-C', name],
      user: osUser,
      env: { LC_ALL: 'C' },
    });
    if (result.exitCode !== 0) return complaints(result);
  }
  return [];
}

function postgres(layout: Layout, overrides: Overrides): string[] {
  const { dataDirectory, configDirectory } = layout;
  const given = {
    ...(configDirectory === dataDirectory ? {} : { config_file: `${configDirectory}/postgresql.conf` }),
    // The messages are wanted here and in one language, whatever the files say of them.
    ...{ log_destination: 'stderr', lc_messages: 'C' },
    ...overrides,
  };
  return [
    program(layout, 'postgres'),
    '-D',
    dataDirectory,
    ...Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

function complaints({ exitCode, stderr }: CommandResult): string[] {
  const texts: string[] = [];
  for (const { level, text } of serverMessages(stderr)) {
    if ((level === 'HINT' || level === 'DETAIL') && texts.length > 0) texts[texts.length - 1] += ` (${text})`;
    // An absent file of include_if_exists is no mistake.
    else if (!text.startsWith('skipping missing configuration file')) texts.push(text);
  }
  // The last line only says that there were errors, unless it is the only one.
  const telling = texts.filter((text) => !/^configuration file .* contains errors$/.test(text));
  if (telling.length > 0) return telling;
  return texts.length > 0 ? texts : [stderr.trim() || `ended with exit code ${exitCode}`];
}

/**
 * Reads settings' values in force by the files, by the target's own reckoning. Numbers are in the setting's own unit.
 * Settings that the target does not know are left out.
 */
export async function valuesInForce(
  host: Host,
  layout: Layout,
  osUser: string,
  names: readonly string[],
): Promise<Map<string, string>> {
  // The values may hold anything but NUL and \1; a name whose value is not followed by \1 is not known.
  const read = `names=$1; shift; for name in $names; do printf '%s\\t' "$name"; "$@" -C "$name" 2>/dev/null && printf '\\1'; printf '\\0'; done; exit 0`;
  const argv = ['sh', '-c', read, 'sh', names.join(' '), ...postgres(layout, {})];
  const { stdout } = await host.run({ argv, user: osUser, env: { LC_ALL: 'C' } });
  const values = [...stdout.matchAll(/([^\t\0]+)\t([^\0]*)\n\x01\0/g)];
  return new Map(values.map(([, name, value]) => [name, value]));
}

/**
 * Settings whose value in force is not the one the translation meant: overridden by a line that it did not see.
 * log_destination and lc_messages are left out, for the trial itself sets them.
 */
export function misses(
  expected: Readonly<Record<string, string>>,
  inForce: ReadonlyMap<string, string>,
  settings: readonly Setting[],
): string[] {
  const known = byName(settings);
  return Object.entries(expected).flatMap(([name, value]) => {
    const setting = known.get(name.toLowerCase());
    const is = inForce.get(name);
    if (!setting || is === undefined || name === 'log_destination' || name === 'lc_messages') return [];
    return asMeant(setting, value, is)
      ? []
      : [`${name} would be in force with another value than its last line gives it`];
  });
}

function asMeant(setting: Setting, expected: string, is: string): boolean {
  // Synonyms (wal_level = hot_standby) and spellings (DateStyle, time zones) come back in the server's own form.
  if (setting.vartype === 'enum' && !setting.enumValues?.includes(expected.toLowerCase())) return true;
  if (setting.vartype === 'string') return SPELT_ANEW.has(setting.name.toLowerCase()) || is === expected;
  return sameValue(setting, expected, is);
}

const SPELT_ANEW = new Set([
  'datestyle',
  'timezone',
  'log_timezone',
  'client_encoding',
  'search_path',
  'temp_tablespaces',
]);

/** What the target says against the access files, rule by rule, found without starting a server on them. */
export async function verifyAccessFiles(
  scratch: ScratchCluster,
  hbaFile: string,
  identFile: string,
): Promise<string[]> {
  const rows = await queryScratch<{ place: string; error: string }>(
    scratch,
    `select coalesce(file_name, '') || ':' || coalesce(line_number::text, '?') as place, error from pg_hba_file_rules where error is not null
     union all
     select coalesce(file_name, '') || ':' || coalesce(line_number::text, '?'), error from pg_ident_file_mappings where error is not null`,
    { hba_file: hbaFile, ident_file: identFile },
  );
  return rows.map(({ place, error }) => `${place}: ${error}`);
}

/**
 * Loads the libraries to preload with their own settings in a scratch cluster: only then does the target say which of
 * those it does not take. It goes on without them, so these are warnings.
 */
export async function verifyCustomSettings(
  scratch: ScratchCluster,
  inForce: ReadonlyMap<string, string>,
): Promise<string[]> {
  const libraries = ['shared_preload_libraries', 'session_preload_libraries', 'dynamic_library_path'];
  const settings = [...inForce].filter(([name]) => isCustom(name) || libraries.includes(name));
  if (settings.length === 0) return [];
  const { stderr } = await scratch.single('select 1', Object.fromEntries(settings));
  return serverMessages(stderr)
    .filter(({ level }) => level === 'WARNING' || level === 'FATAL')
    .map(({ text }) => text);
}
