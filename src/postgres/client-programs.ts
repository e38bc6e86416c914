import { randomUUID } from 'node:crypto';
import { writeFile } from '../hosts/files';
import { output } from '../hosts/host';
import type { Cluster, Layout } from './cluster';
import { program } from './cluster';
import { sessionOptions } from './session';
import { passfile } from './tools';

/** Where a program of PostgreSQL's connects. */
export interface Target {
  /** Address or socket directory as the host sees it. */
  host: string;
  port: number;
  user: string;
  database?: string;
}

/** Of the worker's environment: anything that would lead a program to another server than the one it is told. */
const FOREIGN = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGUSER', 'PGDATABASE', 'PGSERVICE', 'PGPASSWORD'];

/**
 * Arguments that run one of PostgreSQL's programs in an environment of its own, with messages in English. By `env` and
 * not by the command's environment, which sudo would drop.
 */
export function programArguments(
  paths: Layout,
  name: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): string[] {
  const variables = Object.entries({ LC_ALL: 'C', PGOPTIONS: sessionOptions(), ...environment }).map(
    ([key, value]) => `${key}=${value}`,
  );
  return ['env', ...FOREIGN.flatMap((key) => ['-u', key]), ...variables, program(paths, name), ...args];
}

/**
 * Runs one of PostgreSQL's programs on the host as the cluster's OS user.
 * @returns what it printed.
 * @throws Error with the program, its exit code and what it said, without the long line that it was run by.
 */
export async function runProgram(
  cluster: Cluster,
  paths: Layout,
  name: string,
  args: readonly string[],
  options: { environment?: Record<string, string>; timeoutMs?: number } = {},
): Promise<string> {
  const argv = programArguments(paths, name, args, options.environment);
  const { host, entry } = cluster;
  const result = await host.run({ argv, user: entry.osUser, timeoutMs: options.timeoutMs });
  if (result.exitCode === 0) return result.stdout;
  const said = (result.stderr.trim() || result.stdout.trim()).slice(-1000);
  throw new Error(`${host.name}: ${program(paths, name)} ended with exit code ${result.exitCode}: ${said}`);
}

/** A connection string. As a bare name, a database called `a=b` would be taken for one. */
export function connectionString({ host, port, user, database = 'postgres' }: Target): string {
  const quote = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return `host=${quote(host)} port=${port} user=${quote(user)} dbname=${quote(database)}`;
}

/** The running cluster, as the admin. */
export function liveTarget(cluster: Cluster, database?: string): Target {
  const { admin, port } = cluster.entry;
  return { host: admin.host, port, user: admin.user, database: database ?? admin.database };
}

/**
 * Gives programs that run on the host the admin's password: in a file that only the OS user can read and that is gone
 * afterwards. `work` gets the environment to run them in, without a password file where the inventory has no password.
 * @param directory an existing directory of the OS user.
 */
export async function withPasswordFile<T>(
  cluster: Cluster,
  directory: string,
  work: (environment: Record<string, string>) => Promise<T>,
): Promise<T> {
  const { pgpass } = passfile(cluster);
  if (pgpass === undefined) return work({});
  const { host, entry } = cluster;
  const file = `${directory}/pgpass-${randomUUID()}`;
  await writeFile(host, file, pgpass, { user: entry.osUser });
  try {
    return await work({ PGPASSFILE: file });
  } finally {
    await output(host, { argv: ['rm', '-f', '--', file], user: entry.osUser });
  }
}
