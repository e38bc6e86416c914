import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../command';
import { asUser } from '../os-user';
import type { SandboxServer } from '../postgres-server';
import { projectRoot } from '../project-root';
import { ADMIN } from '../server-files';

/** The database that holds most of the seed, pgbench's tables among it. */
export const MAIN_DATABASE = 'distributed_postgres_cluster';
/** A second one, with the memory tables in schema `claude_flow`. */
export const SHARED_DATABASE = 'claude_flow_shared';
/** A third one, small, whose name needs quoting everywhere. */
export const ODD_DATABASE = `odd "name' db`;

/**
 * The passwords that the seed plants: of its roles, and `archive` of a user mapping. Tests look for them in whatever
 * must not hold them.
 */
export const PLANTED_PASSWORDS: Record<string, string> = {
  cluster_app: 'planted-app-5x9q',
  cluster_reader: 'planted-reader-7c2k',
  replicator: 'planted-replicator-1v8z',
  cluster_monitor: 'planted-monitor-4h6w',
  legacy_reports: 'planted-md5-9t3b',
  archive: 'planted-archive-2n7d',
};

/** Settings that a server needs before it is seeded; the preload library can be set at start only. */
export const SEED_SETTINGS: Record<string, string> = {
  shared_preload_libraries: 'pg_stat_statements',
  // Statements may hold passwords, and what pg_stat_statements keeps outlives the seeding.
  'pg_stat_statements.track_utility': 'off',
  wal_level: 'logical',
};

/** The line of pg_hba.conf that lets the one role with an md5 password in. */
export const SEED_HBA = ['host all legacy_reports 127.0.0.1/32 md5'];

/** How much to seed. */
export interface SeedOptions {
  /** Rows of pgbench_accounts, rounded to 100 000, the least there is; other tables grow with it. */
  rows?: number;
}

/**
 * Fills a running, empty server with a cluster in the shape of those in use, with something of every kind that an
 * upgrade has to carry over, and nothing that stops one from 15 to 18. Start the server with {@link SEED_SETTINGS} and
 * {@link SEED_HBA}.
 */
export async function seed(server: SandboxServer, { rows = 100_000 }: SeedOptions = {}): Promise<void> {
  const scale = Math.max(1, Math.round(rows / 100_000));
  const entries = String(scale * 500);
  await runFile(server, 'cluster.sql', 'postgres');
  await runFile(server, 'extensions.sql', MAIN_DATABASE);
  await runFile(server, 'memory.sql', MAIN_DATABASE, { schema: 'public', entries });
  await runFile(server, 'memory.sql', MAIN_DATABASE, { schema: 'claude_flow', entries: '50' });
  await runFile(server, 'tables.sql', MAIN_DATABASE);
  await runFile(server, 'partitions.sql', MAIN_DATABASE);
  await runFile(server, 'code.sql', MAIN_DATABASE);
  await runFile(server, 'large-objects.sql', MAIN_DATABASE);
  await runFile(server, 'names.sql', MAIN_DATABASE);
  await runFile(server, 'memory.sql', SHARED_DATABASE, { schema: 'claude_flow', entries: '200' });
  await runFile(server, 'names.sql', ODD_DATABASE);
  await fillPgbench(server, scale);
  Object.assign(server.passwords, PLANTED_PASSWORDS);
}

async function runFile(
  server: SandboxServer,
  file: string,
  database: string,
  variables: Record<string, string> = {},
): Promise<void> {
  const passwords = Object.entries(PLANTED_PASSWORDS).map(([role, password]) => [`${role}_password`, password]);
  // By \set on standard input and not by --set: everyone can read a command line.
  const sets = [...passwords, ...Object.entries(variables)].map(([name, value]) => `\\set ${name} '${value}'`);
  const sql = await readFile(join(projectRoot(), 'sandbox', 'seed', file), 'utf8');
  try {
    // On one line, so that the line numbers in errors are one off at most.
    await server.psql(`${sets.join(' \\\\ ')}\n${sql}`, database);
  } catch (error) {
    throw new Error(`Seeding ${database} with ${file} failed (its line is one less): ${String(error)}`, {
      cause: error,
    });
  }
}

async function fillPgbench(server: SandboxServer, scale: number): Promise<void> {
  const where = [`--host=${server.socketDirectory}`, `--port=${server.port}`, `--username=${ADMIN}`];
  const what = ['--initialize', '--quiet', '--foreign-keys', `--scale=${scale}`, MAIN_DATABASE];
  const argv = [join(server.binDirectory, 'pgbench'), ...where, ...what];
  await run(asUser(server.osUser, argv), { timeoutMs: 30 * 60_000 });
  const tables = ['accounts', 'branches', 'tellers', 'history'].map((name) => `public.pgbench_${name}`);
  const grants = `GRANT SELECT, INSERT, UPDATE ON ${tables.join(', ')} TO cluster_app`;
  await server.psql(`${grants}; GRANT SELECT ON ${tables.join(', ')} TO cluster_reader`, MAIN_DATABASE);
}
