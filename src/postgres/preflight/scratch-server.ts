import { exists, makeDirectory, readFile, removeTree, writeFile } from '../../hosts/files';
import { output, type CommandResult } from '../../hosts/host';
import { connectionString, programArguments, runProgram, type Target } from '../client-programs';
import { literal } from '../connection';
import { program, workDirectory, type Cluster, type Layout } from '../cluster';
import { initdbArguments, type ClusterProperties } from '../init-target';

/** Settings of the old server that decide what the target can take. */
export interface ScratchSettings {
  shared_preload_libraries: string[];
  dynamic_library_path: string;
  wal_level: string;
  max_replication_slots: string;
}

/** A library that the target's server would not start with. */
export interface RefusedLibrary {
  library: string;
  message: string;
}

const START_TIMEOUT_MS = 120_000;
const QUERY_TIMEOUT_MS = 10 * 60_000;

/**
 * A server of the target version on the cluster's host, for looking and trying: made like the target would be, reachable
 * by nobody but the OS user, and gone after the run.
 *
 * It is spoken to by psql on the host, as the OS user, so that it works the same on a host behind SSH. It listens on no
 * address, and its socket lies in a directory that only the OS user can enter, which is what lets it trust whoever comes.
 */
export class ScratchServer {
  readonly refusedLibraries: RefusedLibrary[] = [];
  private constructor(
    private readonly cluster: Cluster,
    readonly paths: Layout,
    readonly superuser: string,
    readonly place: ScratchPlace,
    private readonly settings: ScratchSettings,
  ) {}

  /** Makes its data directory; it does not run yet. */
  static async create(
    cluster: Cluster,
    paths: Layout,
    place: ScratchPlace,
    properties: ClusterProperties,
    settings: ScratchSettings,
  ): Promise<ScratchServer> {
    const server = new ScratchServer(cluster, paths, properties.superuser, place, settings);
    const initdb = ['--pgdata', server.dataDirectory, '--no-sync', '--no-instructions'];
    const options = [...initdb, ...initdbArguments(properties, paths.version)];
    await runProgram(cluster, paths, 'initdb', options, { timeoutMs: QUERY_TIMEOUT_MS });
    await server.configure(settings.shared_preload_libraries);
    return server;
  }

  get dataDirectory(): string {
    return `${this.place.directory}/data`;
  }

  /** pg_upgrade refuses to look at two servers of the same port, sockets or not. */
  get port(): number {
    return this.cluster.entry.port === 50432 ? 50433 : 50432;
  }

  target(database?: string): Target {
    return { host: this.place.socketDirectory, port: this.port, user: this.superuser, database };
  }

  /**
   * Starts it as pg_upgrade starts the new server, in binary-upgrade mode: that takes what `pg_dump --binary-upgrade`
   * writes. Libraries that it does not start with are left out and kept in {@link refusedLibraries}.
   * @param mode `ordinary` where objects are to be made as clients make them, which the other mode refuses.
   */
  async start(mode: 'binary upgrade' | 'ordinary' = 'binary upgrade'): Promise<void> {
    const refused = new Set(this.refusedLibraries.map(({ library }) => library));
    const libraries = this.settings.shared_preload_libraries.filter((library) => !refused.has(library));
    for (;;) {
      const result = await this.tryStart(mode === 'ordinary' ? [] : ['-o', '-b']);
      if (result.exitCode === 0) return;
      const log = await this.log();
      const message = /(?:FATAL|ERROR): +(.*)/.exec(log)?.[1] ?? `${result.stdout}${result.stderr}`.trim();
      const library = libraries.find((name) => message.includes(name)) ?? libraries.at(-1);
      if (library === undefined) {
        throw new Error(
          `a scratch server of PostgreSQL ${this.paths.version} in ${this.dataDirectory} does not start: ${message}`,
        );
      }
      this.refusedLibraries.push({ library, message });
      libraries.splice(libraries.indexOf(library), 1);
      await this.configure(libraries);
    }
  }

  async stop(): Promise<void> {
    // pg_upgrade takes only a cluster that was shut down cleanly.
    await stopServer(this.cluster, this.paths, this.dataDirectory, 'fast');
  }

  /** Runs one of the target version's programs on the host as the OS user, whatever its exit code. */
  tryRun(name: string, args: readonly string[], input?: string): Promise<CommandResult> {
    const argv = programArguments(this.paths, name, args);
    return this.cluster.host.run({ argv, user: this.cluster.entry.osUser, timeoutMs: QUERY_TIMEOUT_MS, input });
  }

  /** A query's rows. JSON carries them, so numbers come as numbers. */
  async query<T>(sql: string, database?: string): Promise<T[]> {
    const { stdout } = await this.script(`select coalesce(json_agg(r), '[]') from (${sql}) r;`, database, true);
    return JSON.parse(stdout) as T[];
  }

  /** Runs statements one after another; those that fail are told on stderr, each with its line and SQLSTATE. */
  async script(sql: string, database?: string, stopAtError = false): Promise<CommandResult> {
    const options = ['-X', '-q', '-A', '-t', '-v', `ON_ERROR_STOP=${stopAtError ? 1 : 0}`, '-v', 'VERBOSITY=verbose'];
    const args = [...options, '-d', connectionString(this.target(database)), '-f', '-'];
    const result = await this.tryRun('psql', args, sql);
    if (result.exitCode === 0 || (result.exitCode === 3 && !stopAtError)) return result;
    throw new Error(
      `the scratch server of PostgreSQL ${this.paths.version} refused a query: ${result.stderr.trim().slice(-1000)}`,
    );
  }

  /** Which of the libraries the server can't load, and why. */
  async loadErrors(libraries: readonly string[]): Promise<Map<string, string>> {
    const { stderr } = await this.script(libraries.map((library) => `load ${literal(library).trim()};\n`).join(''));
    const errors = new Map<string, string>();
    for (const [, line, message] of stderr.matchAll(/^psql:[^:]*:(\d+): ERROR: +\w+: (.*)$/gm)) {
      // Any other error is the library's own, raised after it was loaded: some want to be preloaded.
      if (/could not (access|load)|incompatible library/.test(message))
        errors.set(libraries[Number(line) - 1], message);
    }
    return errors;
  }

  private tryStart(options: string[]): Promise<CommandResult> {
    const log = `${this.place.directory}/server.log`;
    const argv = programArguments(this.paths, 'pg_ctl', [
      'start',
      '-w',
      '-s',
      '-D',
      this.dataDirectory,
      '-l',
      log,
      ...options,
    ]);
    return this.cluster.host.run({ argv, user: this.cluster.entry.osUser, timeoutMs: START_TIMEOUT_MS });
  }

  private async log(): Promise<string> {
    const { host, entry } = this.cluster;
    const file = `${this.place.directory}/server.log`;
    const text = await readFile(host, file, entry.osUser);
    await removeTree(host, file, entry.osUser);
    return text;
  }

  private async configure(libraries: string[]): Promise<void> {
    const { host, entry } = this.cluster;
    const { dynamic_library_path, wal_level, max_replication_slots } = this.settings;
    const lines: Record<string, string> = {
      listen_addresses: '',
      unix_socket_directories: this.place.socketDirectory,
      port: String(this.port),
      shared_preload_libraries: libraries.join(','),
      // pg_upgrade asks the new server for these two where there are logical slots.
      ...{ wal_level, max_replication_slots, dynamic_library_path },
      ...{ shared_buffers: '16MB', max_connections: '20', huge_pages: 'off', autovacuum: 'off' },
      // Nothing in it is worth a wait for the disk.
      ...{ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' },
      ...{ lc_messages: 'C', logging_collector: 'off', log_statement: 'none', log_min_error_statement: 'panic' },
    };
    const quoted = Object.entries(lines).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`);
    const file = `${this.dataDirectory}/postgresql.conf`;
    await writeFile(host, file, quoted.join(''), { user: entry.osUser });
  }
}

/** Directories of one run. */
export interface ScratchPlace {
  directory: string;
  socketDirectory: string;
}

/** Where the socket directory's path is written down, for whoever has to clean up after a killed worker. */
const SOCKET_NOTE = 'socket-directory';

/**
 * Makes room for a scratch server. What a killed worker left in the same place is stopped and removed first, so runs at
 * once need names of their own.
 */
export async function makePlace(cluster: Cluster, paths: Layout, name = 'scratch'): Promise<ScratchPlace> {
  const { host, entry } = cluster;
  const directory = `${workDirectory(cluster)}/${name}`;
  await removeScratch(cluster, paths, name);
  await makeDirectory(host, workDirectory(cluster), entry.osUser);
  await makeDirectory(host, directory, entry.osUser);
  // A socket's path has at most 107 bytes, which a work directory may use up alone: hence below /tmp.
  const script = 'd=$(mktemp -d /tmp/pgpassage-XXXXXX) && printf "%s\\n" "$d" | tee -- "$1"';
  const argv = ['sh', '-c', script, 'sh', `${directory}/${SOCKET_NOTE}`];
  const made = await output(host, { argv, user: entry.osUser });
  return { directory, socketDirectory: made.trim() };
}

/** Stops and removes the cluster's scratch server, whoever made it. One that is not there is removed already. */
export async function removeScratch(cluster: Cluster, paths: Layout, name = 'scratch'): Promise<void> {
  const { host, entry } = cluster;
  const directory = `${workDirectory(cluster)}/${name}`;
  await stopServer(cluster, paths, `${directory}/data`, 'immediate');
  const note = `${directory}/${SOCKET_NOTE}`;
  if (await exists(host, note, entry.osUser)) {
    const socketDirectory = (await readFile(host, note, entry.osUser)).trim();
    // Never more than what mktemp made, whatever stands in the file.
    if (/^\/tmp\/pgpassage-\w+$/.test(socketDirectory)) await removeTree(host, socketDirectory, entry.osUser);
  }
  await removeTree(host, directory, entry.osUser);
}

async function stopServer(
  cluster: Cluster,
  paths: Layout,
  dataDirectory: string,
  mode: 'fast' | 'immediate',
): Promise<void> {
  const user = cluster.entry.osUser;
  if (!(await exists(cluster.host, `${dataDirectory}/postmaster.pid`, user))) return;
  const argv = [program(paths, 'pg_ctl'), 'stop', '-w', '-s', '-m', mode, '-D', dataDirectory];
  const stopped = await cluster.host.run({ argv, user });
  // A pid file without its server is what a reboot leaves: there is nothing to stop then.
  if (stopped.exitCode !== 0 && !/PID file|No such process/.test(stopped.stderr)) {
    throw new Error(`the scratch server in ${dataDirectory} does not stop: ${stopped.stderr.trim()}`);
  }
}
