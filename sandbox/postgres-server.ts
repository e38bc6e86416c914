import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { run, tryRun } from './command';
import { freePort } from './free-port';
import { asUser, serverUser } from './os-user';
import { type MajorVersion, parts } from './parts';
import { ADMIN, clusterLocale, writePrivateFile, writeServerFiles } from './server-files';

/** What to create: everything but version and root has a default. */
export interface CreateOptions {
  version: MajorVersion;
  /** A directory of the servers' OS user with a short path, see `temporaryRoot()`. */
  root: string;
  port?: number;
  /** The installation to run, where it is not the sandbox's own of that version. */
  binDirectory?: string;
  /** Added to initdb's arguments; the last one of a kind wins. */
  initdbArgs?: string[];
  /** Data checksums, on by default. */
  checksums?: boolean;
  /** Lines for postgresql.conf. */
  settings?: Record<string, string>;
  /** Lines of pg_hba.conf, tried before the sandbox's own (peer on the socket, scram-sha-256 on TCP). */
  hba?: string[];
  /** Password of superuser `postgres`; random by default. */
  adminPassword?: string;
}

/** What one needs to know of a cluster to run it. */
export interface ServerFacts {
  version: MajorVersion;
  root: string;
  port: number;
  dataDirectory: string;
  socketDirectory: string;
  binDirectory: string;
  /** The OS user that owns the data directory and runs the server. */
  osUser: string;
  /** Where the server writes its log. */
  logFile: string;
  /** Password of superuser `postgres`. */
  adminPassword: string;
  /** A file of mode 600 that holds it. */
  passwordFile: string;
  /** Passwords by role, for `connect()`; whoever creates a role adds it. */
  passwords: Record<string, string>;
}

/** A real PostgreSQL server on 127.0.0.1. */
export interface SandboxServer extends ServerFacts {
  /** Starts it and waits until it answers; does nothing when it runs. */
  start(): Promise<void>;
  /** Stops it (`fast` by default) and waits until it is gone; does nothing when it does not run. */
  stop(mode?: 'smart' | 'fast' | 'immediate'): Promise<void>;
  restart(): Promise<void>;
  running(): Promise<boolean>;
  /** Runs SQL as the superuser over the socket; stops at the first error. Returns unaligned rows without headers. */
  psql(sql: string, database?: string): Promise<string>;
  /** Connects over TCP with the role's password. The caller ends the client. */
  connect(database?: string, user?: string): Promise<Client>;
}

/** Creates a cluster in `ROOT/VERSION/main` and configures it. It does not run yet: `await server.start()`. */
export async function createServer(options: CreateOptions): Promise<SandboxServer> {
  const { version, root, initdbArgs = [], checksums = true, settings = {}, hba = [] } = options;
  const owner = serverUser();
  const socketDirectory = join(root, 's');
  if (socketDirectory.length > 85)
    throw new Error(`${root} is too long a path to hold a Unix socket: use a shorter one.`);
  const facts: ServerFacts = {
    version,
    root,
    port: options.port ?? (await freePort()),
    dataDirectory: join(root, String(version), 'main'),
    socketDirectory,
    binDirectory: options.binDirectory ?? (await parts()).postgres[version],
    osUser: owner.name,
    logFile: join(root, `${version}.log`),
    adminPassword: options.adminPassword ?? randomBytes(12).toString('hex'),
    passwordFile: join(root, String(version), 'admin-password'),
    passwords: {},
  };
  facts.passwords[ADMIN] = facts.adminPassword;
  await run(asUser(owner.name, ['mkdir', '-p', '-m', '700', join(root, String(version)), socketDirectory]));
  await writePrivateFile(facts.passwordFile, facts.adminPassword, owner);
  await initdb(facts, [...checksumArgs(version, checksums), ...initdbArgs]);
  await writeServerFiles(facts.dataDirectory, owner, { port: facts.port, socketDirectory, settings, hba });
  return openServer(facts);
}

function checksumArgs(version: MajorVersion, wanted: boolean): string[] {
  if (wanted) return ['--data-checksums'];
  return version >= 18 ? ['--no-data-checksums'] : []; // on by default from 18 on
}

async function initdb(facts: ServerFacts, args: string[]): Promise<void> {
  const base = ['--pgdata', facts.dataDirectory, '--username', ADMIN, '--pwfile', facts.passwordFile];
  const locale = ['--encoding=UTF8', `--locale=${await clusterLocale()}`];
  const auth = ['--auth-local=peer', '--auth-host=scram-sha-256'];
  await run(asUser(facts.osUser, [join(facts.binDirectory, 'initdb'), ...base, ...locale, ...auth, ...args]));
}

/** Takes hold of a cluster that exists, such as the one that pg_upgrade left. */
export function openServer(facts: ServerFacts): SandboxServer {
  const { dataDirectory, binDirectory, osUser, logFile, port, socketDirectory } = facts;
  const pgCtl = (...args: string[]): string[] =>
    asUser(osUser, [join(binDirectory, 'pg_ctl'), '--pgdata', dataDirectory, ...args]);

  const running = async (): Promise<boolean> => {
    const { code, stderr } = await tryRun(pgCtl('status'));
    if (code === 0 || code === 3) return code === 0;
    if (code === 4) return false; // no data directory (yet, or any more)
    throw new Error(`pg_ctl status of ${dataDirectory} ended with exit code ${code}: ${stderr}`);
  };
  const start = async (): Promise<void> => {
    if (await running()) return;
    const { code, stderr } = await tryRun(pgCtl('--wait', '--timeout=60', `--log=${logFile}`, 'start'));
    if (code !== 0) throw new Error(`${dataDirectory} does not start: ${stderr}\n${await endOf(logFile)}`);
  };
  const stop = async (mode: 'smart' | 'fast' | 'immediate' = 'fast'): Promise<void> => {
    if (await running()) await run(pgCtl('--wait', '--timeout=60', `--mode=${mode}`, 'stop'));
  };
  const psql = async (sql: string, database = 'postgres'): Promise<string> => {
    const format = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', '--file=-'];
    const where = [`--host=${socketDirectory}`, `--port=${port}`, `--username=${ADMIN}`, `--dbname=${database}`];
    return (await run(asUser(osUser, [join(binDirectory, 'psql'), ...format, ...where]), { input: sql })).trimEnd();
  };
  const connect = async (database = 'postgres', user = ADMIN): Promise<Client> => {
    const password = facts.passwords[user];
    if (password === undefined) throw new Error(`The sandbox knows no password of role ${user}: add it to passwords.`);
    const client = new Client({ host: '127.0.0.1', port, user, password, database, connectionTimeoutMillis: 5_000 });
    // A server that goes away must not end this process; the next query on this client fails and says so.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  const restart = async (): Promise<void> => {
    await stop();
    await start();
  };
  return { ...facts, start, stop, restart, running, psql, connect };
}

async function endOf(logFile: string): Promise<string> {
  const log = await readFile(logFile, 'utf8').catch((error: Error) => `(no log: ${error.message})`);
  return log.slice(-2000);
}
