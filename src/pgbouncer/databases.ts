import type { PgBouncerEntry } from '../inventory/schema';
import type { Cluster, Layout } from '../postgres/cluster';
import { askConsole, ConsoleFailed, consoleIdentifier } from './console';

/** A database as PgBouncer knows it. */
export interface PooledDatabase {
  name: string;
  /** Where it leads: address or socket directory (empty: a socket), and port. */
  host: string;
  port: number;
  /** Its own pool mode; empty where PgBouncer's default holds. */
  poolMode: string;
  paused: boolean;
  disabled: boolean;
}

/** PgBouncer's own database is the admin console. */
const CONSOLE = 'pgbouncer';

/** Every database that PgBouncer has at the moment, one that `*` made for a client included; the console is none. */
export async function pooledDatabases(
  cluster: Cluster,
  paths: Layout,
  bouncer: PgBouncerEntry,
): Promise<PooledDatabase[]> {
  const rows = await askConsole(cluster, paths, bouncer, 'SHOW DATABASES');
  return rows
    .filter((row) => row.name !== CONSOLE)
    .map((row) => ({
      name: row.name,
      host: row.host,
      port: Number(row.port),
      poolMode: row.pool_mode,
      paused: row.paused === '1',
      disabled: row.disabled === '1',
    }));
}

/** Those of them that lead to the cluster, by the inventory: the ones that it lists, or all. */
export function ours<D extends { name: string }>({ databases }: PgBouncerEntry, all: D[]): D[] {
  return databases === undefined ? all : all.filter(({ name }) => databases.includes(name));
}

/** What psql says where nobody listens. A PgBouncer that does not run holds nobody back, and starts with nothing paused. */
const NOT_RUNNING = /Connection refused|No such file or directory/;

/**
 * Resumes what is paused on any of the cluster's PgBouncers; where nothing is, or none runs, nothing is done.
 * @returns the databases that were resumed, as `main on 127.0.0.1:6432`.
 * @throws ConsoleFailed when one can't be asked; the others were resumed all the same.
 */
export async function resumePaused(cluster: Cluster, paths: Layout): Promise<string[]> {
  const done = await Promise.allSettled(
    cluster.entry.pgbouncer.map(async (bouncer) => {
      const all = await pooledDatabases(cluster, paths, bouncer).catch((error: unknown) => {
        if (error instanceof ConsoleFailed && NOT_RUNNING.test(error.message)) return [];
        throw error;
      });
      const paused = ours(bouncer, all).filter((each) => each.paused);
      for (const { name } of paused) await askConsole(cluster, paths, bouncer, `RESUME ${consoleIdentifier(name)}`);
      return paused.map(({ name }) => `${name} on ${bouncer.host}:${bouncer.port}`);
    }),
  );
  const failed = done.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  return done.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
}
