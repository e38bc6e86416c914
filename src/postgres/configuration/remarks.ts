import { posix } from 'node:path';
import type { Layout } from '../cluster';
import { occurrences, type OldConfiguration } from './old-configuration';
import { shown } from './redact';
import type { SettingChange } from './translation';

/** A row of pg_file_settings: how the running server reads its files at this moment. */
export interface FileSetting {
  file: string;
  line: number;
  name: string | null;
  value: string | null;
  error: string | null;
}

/** What is not in order in the old configuration itself. */
export function remarksOn(old: OldConfiguration, from: Layout, fileSettings: readonly FileSetting[]): SettingChange[] {
  return [...misplaced(old, from), ...misread(old, fileSettings), ...refused(fileSettings)];
}

/** The server's directories are not the inventory's: its files would be looked for, and written, in the wrong place. */
function misplaced(old: OldConfiguration, from: Layout): SettingChange[] {
  const remarks: SettingChange[] = [];
  const check = (name: string, names: readonly string[], is: string, field: string, expected: string) => {
    // The last two are the real paths behind the server's and the inventory's name.
    if (names[2] === names[3]) return;
    const reason = `the server uses ${is}, the inventory says ${expected}: correct ${field} of the cluster`;
    remarks.push({ name, from: 'inventory', kind: 'kept', before: is, reason, severity: 'blocker' });
  };
  check('data_directory', old.aliases.dataDirectory, old.dataDirectory, 'dataDirectory', from.dataDirectory);
  check(
    'config_file',
    old.aliases.configDirectory,
    posix.dirname(old.configFile),
    'configDirectory',
    from.configDirectory,
  );
  return remarks;
}

/** The server must read the same settings from the same lines as pgpassage does. */
function misread(old: OldConfiguration, fileSettings: readonly FileSetting[]): SettingChange[] {
  const key = ({ file, line, name }: { file: string; line: number; name: string | null }) =>
    `${name?.toLowerCase()} (${file}:${line})`;
  const ours = new Set(occurrences(old).map(key));
  const theirs = new Set(fileSettings.filter(({ name }) => name !== null).map(key));
  const differing = [...[...ours].filter((k) => !theirs.has(k)), ...[...theirs].filter((k) => !ours.has(k))];
  if (differing.length === 0) return [];
  return [
    {
      name: 'pg_file_settings',
      from: old.configFile,
      kind: 'kept',
      reason: `the server and pgpassage read the files differently: ${differing.slice(0, 5).join(', ')}. Was a file changed just now? Try again`,
      severity: 'blocker',
    },
  ];
}

// The server's words (guc-file.l, not translated) for a value that waits for a restart, and for one that is not valid.
const NOT_APPLIED = 'setting could not be applied';

function refused(fileSettings: readonly FileSetting[]): SettingChange[] {
  return fileSettings
    .filter(({ error }) => error !== null)
    .map(({ file, line, name, value, error }) => ({
      name: name ?? posix.basename(file),
      from: `${file}:${line}`,
      kind: 'kept',
      before: value === null || name === null ? undefined : shown(name, value),
      reason:
        error === NOT_APPLIED
          ? 'stands in the file and is not in force: it waits for a restart of the old server, or is not valid. The new server will use it from its start on'
          : `the old server does not accept it: ${error}`,
      severity: 'warning',
    }));
}
