import { posix } from 'node:path';
import type { Host } from '../../hosts/host';
import type { Cluster, Layout } from '../cluster';
import { withSql, type Sql } from '../connection';
import { fileReferences, resolveReference } from './access-file';
import { includeKind, parseConf } from './conf-file';
import { listDirectory, lookAtPaths, readTexts, realPaths } from './host-files';
import {
  filesOfDirectory,
  includeTarget,
  occurrences,
  winners,
  type FixedSetting,
  type OldConfiguration,
  type OldFile,
  type ReferencedPath,
} from './old-configuration';
import { mappingsOf } from './mappings';
import { pathsIn } from './paths';
import { remarksOn, type FileSetting } from './remarks';
import { SETTING_COLUMNS, type Setting } from './setting';

/** What the running server says of its configuration. */
interface ServerView {
  version: number;
  dataDirectory: string;
  configFile: string;
  hbaFile: string;
  identFile: string;
  settings: Setting[];
  fixed: FixedSetting[];
  fileSettings: FileSetting[];
  /** The value in force of each setting that names a file. */
  filesInUse: { name: string; value: string }[];
}

/** The files and directories that only the server reads, by the settings that name them. */
const FILE_SETTINGS = [
  'ssl_cert_file',
  'ssl_key_file',
  'ssl_ca_file',
  'ssl_crl_file',
  'ssl_crl_dir',
  'ssl_dh_params_file',
  'krb_server_keyfile',
];

/**
 * Reads the old cluster's configuration off its host: every file that the running server reads, and what is set in none.
 * The server has to run; files are read as its OS user.
 * @throws Error when the server is not of the layout's version, or CommandFailed when a file can't be read.
 */
export async function readConfiguration(cluster: Cluster, from: Layout): Promise<OldConfiguration> {
  const { host, entry } = cluster;
  const view = await withSql(cluster, {}, viewOf);
  if (view.version !== from.version) {
    throw new Error(
      `${cluster.name}: the server on port ${entry.port} is version ${view.version}, not ${from.version}.`,
    );
  }
  const reader = new FileReader(host, entry.osUser, from.version);
  await reader.read(view.configFile, 'main');
  await reader.read(`${view.dataDirectory}/postgresql.auto.conf`, 'auto');
  await reader.read(view.hbaFile, 'hba');
  await reader.read(view.identFile, 'ident');
  await reader.readServiceFiles(view);
  const old: OldConfiguration = {
    ...view,
    aliases: await aliases(host, entry.osUser, view, from),
    files: reader.files,
    references: [],
    remarks: [],
  };
  const remarks = remarksOn(old, from, view.fileSettings);
  return { ...old, references: await references(host, entry.osUser, from, old, view.filesInUse), remarks };
}

async function viewOf(sql: Sql): Promise<ServerView> {
  const [place] = await sql.query<Omit<ServerView, 'settings' | 'fixed' | 'fileSettings' | 'filesInUse'>>(
    `select current_setting('server_version_num')::int / 10000 as version, current_setting('data_directory') as "dataDirectory",
       current_setting('config_file') as "configFile", current_setting('hba_file') as "hbaFile", current_setting('ident_file') as "identFile"`,
  );
  return {
    ...place,
    settings: (await sql.query(`select ${SETTING_COLUMNS} from pg_settings`)) as unknown as Setting[],
    fixed: (await sql.query(FIXED)) as unknown as FixedSetting[],
    fileSettings: (await sql.query(
      'select sourcefile as file, sourceline as line, name, setting as value, error from pg_file_settings order by seqno',
    )) as unknown as FileSetting[],
    filesInUse: await sql.query('select name, setting as value from pg_settings where name = any($1)', [FILE_SETTINGS]),
  };
}

// The files' own places are not settings to carry over: they follow from the layout. Of the environment variables only
// PGPORT and PGDATESTYLE set anything; max_stack_depth is computed and merely shown under that source.
const FIXED = `select name, setting as value, source from pg_settings
  where (source = 'command line' and context <> 'internal'
           and name not in ('config_file', 'hba_file', 'ident_file', 'data_directory', 'external_pid_file'))
     or (source = 'environment variable' and name in ('port', 'DateStyle'))
  order by name`;

/** Reads a file and what it includes, each once. */
class FileReader {
  readonly files: OldFile[] = [];

  constructor(
    private readonly host: Host,
    private readonly user: string,
    private readonly version: number,
  ) {}

  async read(path: string, role: OldFile['role']): Promise<void> {
    if (this.files.some((file) => file.path === path)) return;
    const [text] = await readTexts(this.host, this.user, [path]);
    // A missing file is the server's to complain of (include) or to pass over (include_if_exists).
    if (!text) return;
    this.files.push({ path, role, ...text });
    await (role === 'main' || role === 'included' || role === 'auto'
      ? this.readIncludes(path, text.content)
      : this.readReferences(path, role, text.content));
  }

  private async readIncludes(path: string, content: string): Promise<void> {
    for (const { assignment } of parseConf(content)) {
      const kind = assignment && includeKind(assignment);
      if (!kind) continue;
      const target = includeTarget(path, assignment);
      for (const next of kind === 'include_dir' ? await this.directory(target) : [target])
        await this.read(next, 'included');
    }
  }

  private async readReferences(path: string, role: OldFile['role'], content: string): Promise<void> {
    for (const { kind, path: named } of fileReferences(content, this.version)) {
      const target = resolveReference(path, named);
      if (kind === '@') await this.read(target, 'names');
      else
        for (const next of kind === 'include_dir' ? await this.directory(target) : [target])
          await this.read(next, role);
    }
  }

  private async directory(path: string): Promise<string[]> {
    const names = await listDirectory(this.host, this.user, path);
    return filesOfDirectory(
      names.map((name) => `${path}/${name}`),
      path,
    );
  }

  /** Debian's pg_ctlcluster reads options and environment from beside postgresql.conf, where that is a place of its own. */
  async readServiceFiles({ configFile, dataDirectory }: ServerView): Promise<void> {
    const directory = posix.dirname(configFile);
    if (directory === dataDirectory) return;
    for (const name of ['pg_ctl.conf', 'environment']) await this.read(`${directory}/${name}`, 'service');
  }
}

async function aliases(host: Host, user: string, view: ServerView, from: Layout): Promise<OldConfiguration['aliases']> {
  const data = [view.dataDirectory, from.dataDirectory];
  const config = [posix.dirname(view.configFile), from.configDirectory];
  const real = await realPaths(host, user, [...data, ...config]);
  return { dataDirectory: [...data, ...real.slice(0, 2)], configDirectory: [...config, ...real.slice(2)] };
}

/** Paths in the old directories that settings name and that have to be there in the new ones too. */
async function references(
  host: Host,
  user: string,
  from: Layout,
  old: OldConfiguration,
  inUse: ServerView['filesInUse'],
): Promise<OldConfiguration['references']> {
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
