import { posix } from 'node:path';
import type { Host } from '../../hosts/host';
import type { Layout } from '../cluster';
import { listDirectory, lookAtPaths } from './host-files';
import { mappingsOf } from './mappings';
import { occurrences, winners, type OldConfiguration, type ReferencedPath } from './old-configuration';
import { pathsIn } from './paths';

/** The files and directories that only the server reads, by the settings that name them. */
export const FILE_SETTINGS = [
  'ssl_cert_file',
  'ssl_key_file',
  'ssl_ca_file',
  'ssl_crl_file',
  'ssl_crl_dir',
  'ssl_dh_params_file',
  'krb_server_keyfile',
];

/**
 * Paths in the old directories that settings name and that have to be there in the new ones too: keys, certificates,
 * scripts of archive_command, directories. What is in other places stays there.
 * @param inUse the values in force of `FILE_SETTINGS`.
 */
export async function readReferences(
  host: Host,
  user: string,
  from: Layout,
  old: OldConfiguration,
  inUse: readonly { name: string; value: string }[],
): Promise<ReferencedPath[]> {
  const mappings = mappingsOf(old, from, from);
  const named = [...winners(occurrences(old)).values(), ...old.fixed]
    .filter(({ name }) => !OWN_PATHS.includes(name.toLowerCase()))
    .flatMap(({ name, value }) =>
      pathsIn(value, mappings).map((path) => ({ setting: name, path: withoutPattern(path) })),
    );
  const files = inUse
    .filter(({ value }) => value !== '')
    .map(({ name, value }) => ({ setting: name, path: posix.resolve(old.dataDirectory, value.replace(/^FILE:/, '')) }));
  const wanted = [...files, ...named].filter(
    ({ path }, index, all) => isOfTheirs(path, old) && all.findIndex((other) => other.path === path) === index,
  );
  const there = await present(host, user, wanted);
  for (const { setting, path, kind } of there.filter(({ setting }) => setting === 'ssl_crl_dir')) {
    if (kind !== 'directory') continue;
    const names = await listDirectory(host, user, path);
    there.push(
      ...(await present(
        host,
        user,
        names.map((name) => ({ setting, path: `${path}/${name}` })),
      )),
    );
  }
  return there;
}

async function present(
  host: Host,
  user: string,
  wanted: { setting: string; path: string }[],
): Promise<ReferencedPath[]> {
  const states = await lookAtPaths(
    host,
    user,
    wanted.map(({ path }) => path),
  );
  return wanted.flatMap(({ setting, path }, index) => {
    const { kind, mode } = states[index];
    return kind === 'file' || kind === 'directory' ? [{ setting, path, kind, mode }] : [];
  });
}

/** Settings whose files are carried over in their own way, or made by the server itself. */
const OWN_PATHS = [
  'data_directory',
  'hba_file',
  'ident_file',
  'external_pid_file',
  'log_directory',
  'stats_temp_directory',
];

/** `…/archive/%f` names a directory. */
const withoutPattern = (path: string) =>
  posix.basename(path).includes('%') ? posix.dirname(path) : posix.normalize(path).replace(/(?<=.)\/$/, '');

/** PostgreSQL's own entries of a data directory, which initdb and pg_upgrade make. */
const OWN_ENTRIES =
  /^(base|global|pg_(commit_ts|dynshmem|logical|multixact|notify|replslot|serial|snapshots|stat|stat_tmp|subtrans|tblspc|twophase|wal|xact)|PG_VERSION|postmaster\.(pid|opts)|current_logfiles)$/;

function isOfTheirs(path: string, old: OldConfiguration): boolean {
  const within = (directories: string[]) => directories.find((directory) => path.startsWith(`${directory}/`));
  const inData = within(old.aliases.dataDirectory);
  if ((inData ?? within(old.aliases.configDirectory)) === undefined) return false;
  if (old.files.some((file) => file.path === path)) return false;
  return inData === undefined || !OWN_ENTRIES.test(path.slice(inData.length + 1).split('/')[0]);
}
