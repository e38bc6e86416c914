import type { PgBouncerEntry } from '../inventory/schema';
import type { Cluster, Layout } from '../postgres/cluster';
import { askConsole, ConsoleFailed, consoleIdentifier, nameOf, type ConsoleRow } from './console';
import { ours, pooledDatabases, type PooledDatabase } from './databases';

/** What one PgBouncer says of itself. */
export interface Seen {
  bouncer: PgBouncerEntry;
  name: string;
  /** Those that lead to the cluster, by the inventory. */
  databases: PooledDatabase[];
  /** Listed in the inventory, and not there. */
  absent: string[];
  /** SHOW CONFIG: values by key. */
  config: Record<string, string>;
  /** SHOW POOLS. */
  pools: ConsoleRow[];
}

/** Looks at every PgBouncer of the cluster. One that can't be asked, or not as an admin, gives its ConsoleFailed instead. */
export function lookAtAll(cluster: Cluster, paths: Layout): Promise<(Seen | ConsoleFailed)[]> {
  return Promise.all(
    cluster.entry.pgbouncer.map((bouncer) =>
      look(cluster, paths, bouncer).catch((error: unknown) => {
        if (error instanceof ConsoleFailed) return error;
        throw error;
      }),
    ),
  );
}

async function look(cluster: Cluster, paths: Layout, bouncer: PgBouncerEntry): Promise<Seen> {
  const databases = await pooledDatabases(cluster, paths, bouncer);
  await makeSureOfAdmin(cluster, paths, bouncer);
  const config = await askConsole(cluster, paths, bouncer, 'SHOW CONFIG');
  return {
    bouncer,
    name: nameOf(bouncer),
    databases: ours(bouncer, databases),
    absent: (bouncer.databases ?? []).filter((name) => !databases.some((each) => each.name === name)),
    config: Object.fromEntries(config.map(({ key, value }) => [key, value])),
    pools: await askConsole(cluster, paths, bouncer, 'SHOW POOLS'),
  };
}

/** A database that cannot be: resuming it does nothing, and only an admin gets as far as to be told so. */
const NONE = 'pgpassage: none';

async function makeSureOfAdmin(cluster: Cluster, paths: Layout, bouncer: PgBouncerEntry): Promise<void> {
  try {
    await askConsole(cluster, paths, bouncer, `RESUME ${consoleIdentifier(NONE)}`);
  } catch (error) {
    if (!(error instanceof ConsoleFailed) || !/no such database/.test(error.message)) throw error;
  }
}
