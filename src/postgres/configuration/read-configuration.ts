import { posix } from 'node:path';
import type { Host } from '../../hosts/host';
import type { Cluster, Layout } from '../cluster';
import { withSql, type Sql } from '../connection';
import { FileReader } from './file-reader';
import { realPaths } from './host-files';
import type { FixedSetting, OldConfiguration } from './old-configuration';
import { FILE_SETTINGS, readReferences } from './references';
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
  const { fileSettings, filesInUse, ...server } = view;
  const paths = await aliases(host, entry.osUser, view, from);
  const old: OldConfiguration = { ...server, aliases: paths, files: reader.files, references: [], remarks: [] };
  return {
    ...old,
    references: await readReferences(host, entry.osUser, from, old, filesInUse),
    remarks: remarksOn(old, from, fileSettings),
  };
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

async function aliases(host: Host, user: string, view: ServerView, from: Layout): Promise<OldConfiguration['aliases']> {
  const data = [view.dataDirectory, from.dataDirectory];
  const config = [posix.dirname(view.configFile), from.configDirectory];
  const real = await realPaths(host, user, [...data, ...config]);
  return { dataDirectory: [...data, ...real.slice(0, 2)], configDirectory: [...config, ...real.slice(2)] };
}
