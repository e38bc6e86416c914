import { randomBytes } from 'node:crypto';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, tryRun } from './command';
import { freePort } from './free-port';
import { asUser, serverUser } from './os-user';
import type { SandboxServer } from './postgres-server';
import { writePrivateFile } from './server-files';

/** What to run: everything has a default. */
export interface PgBouncerOptions {
  /** Databases by the names that clients use; `postgres` by default, all of them on the server. */
  databases?: string[];
  /** Further lines of `[databases]`, such as one that leads elsewhere. */
  databaseLines?: string[];
  /** Settings of `[pgbouncer]`; they override the sandbox's own (transaction pooling). */
  settings?: Record<string, string>;
}

/** A real PgBouncer on 127.0.0.1 in front of a sandbox server. */
export interface SandboxPgBouncer {
  port: number;
  socketDirectory: string;
  /** A member of `admin_users`, and one of `stats_users`; a file of mode 600 holds the password of both. */
  adminUser: string;
  statsUser: string;
  adminPassword: string;
  passwordFile: string;
  /** Gives the admin console a command; returns its rows, unaligned, with headers. */
  console(command: string): Promise<string>;
  /** The names of what is paused. */
  paused(): Promise<string[]>;
  stop(): Promise<void>;
}

const START_DEADLINE_MS = 10_000;
/** Debian installs it where only root's PATH leads. */
const PROGRAM = process.env.PGPASSAGE_PGBOUNCER ?? '/usr/sbin/pgbouncer';

async function makeSureOfProgram(): Promise<void> {
  await tryRun([PROGRAM, '--version']).catch((error: Error) => {
    throw new Error(`${error.message}. Install the package pgbouncer, or name the program in PGPASSAGE_PGBOUNCER.`);
  });
}

/**
 * Starts PgBouncer as the servers' OS user, with every role whose password the server's owner knows.
 * @throws Error with the end of its log, when it does not answer within 10 s.
 */
export async function startPgBouncer(server: SandboxServer, options: PgBouncerOptions = {}): Promise<SandboxPgBouncer> {
  await makeSureOfProgram();
  const port = await freePort();
  const directory = join(server.root, `pgbouncer-${port}`);
  const owner = serverUser();
  await run(asUser(owner.name, ['mkdir', '-p', '-m', '700', directory]));
  const [adminUser, statsUser, adminPassword] = ['keeper', 'watcher', randomBytes(12).toString('hex')];
  const passwordFile = join(directory, 'password');
  const users = { ...server.passwords, [adminUser]: adminPassword, [statsUser]: adminPassword };
  await writePrivateFile(passwordFile, adminPassword, owner);
  await writePrivateFile(
    join(directory, 'users'),
    lines(users, (name, secret) => `"${name}" "${secret}"`),
    owner,
  );
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: String(port),
    unix_socket_dir: directory,
    auth_type: 'scram-sha-256',
    auth_file: join(directory, 'users'),
    admin_users: adminUser,
    stats_users: statsUser,
    pool_mode: 'transaction',
    logfile: join(directory, 'log'),
    ignore_startup_parameters: 'extra_float_digits',
    ...options.settings,
  };
  const databases = (options.databases ?? ['postgres']).map((name) => `${name} = host=127.0.0.1 port=${server.port}\n`);
  const extra = (options.databaseLines ?? []).map((line) => `${line}\n`);
  const ini = `[databases]\n${[...databases, ...extra].join('')}[pgbouncer]\n${lines(settings, (name, value) => `${name} = ${value}`)}`;
  await writeFile(join(directory, 'ini'), ini);

  const [file, ...args] = asUser(owner.name, [PROGRAM, '--quiet', join(directory, 'ini')]);
  const child = spawn(file, args, { cwd: '/', stdio: 'ignore', detached: true });
  const argv = [
    join(server.binDirectory, 'psql'),
    '-XqAt',
    '--host=127.0.0.1',
    `--port=${port}`,
    `--username=${adminUser}`,
  ];
  const ask = (command: string) =>
    tryRun([...argv, '--dbname=pgbouncer', '--pset=tuples_only=off', '--pset=footer=off', `--command=${command}`], {
      env: { PGPASSWORD: adminPassword },
    });
  const console = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await ask(command);
    if (code !== 0) throw new Error(`PgBouncer on port ${port}: ${stderr}`);
    return stdout.trimEnd();
  };
  await untilAnswering(async () => (await ask('SHOW VERSION')).code === 0, child, join(directory, 'log'));
  return {
    ...{ port, socketDirectory: directory, adminUser, statsUser, adminPassword, passwordFile, console },
    paused: async () => pausedOf(await console('SHOW DATABASES')),
    stop: () => end(child),
  };
}

function lines(values: Record<string, string>, line: (name: string, value: string) => string): string {
  return Object.entries(values)
    .map(([name, value]) => `${line(name, value)}\n`)
    .join('');
}

function pausedOf(table: string): string[] {
  const [header, ...rows] = table.split('\n').map((line) => line.split('|'));
  return rows.filter((row) => row[header.indexOf('paused')] === '1').map((row) => row[0]);
}

async function untilAnswering(answers: () => Promise<boolean>, child: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await answers())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await end(child);
      const said = await readFile(log, 'utf8').catch((error: Error) => error.message);
      throw new Error(`PgBouncer does not answer: ${said.slice(-2000)}`);
    }
    await sleep(50);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM'); // an immediate shutdown
  await ended;
}
