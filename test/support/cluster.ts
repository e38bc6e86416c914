import type { Host } from '../../src/hosts/host';
import { LocalHost } from '../../src/hosts/local-host';
import { inventorySchema, type ClusterEntry } from '../../src/inventory/schema';
import type { Cluster } from '../../src/postgres/cluster';
import { versionsDirectory } from '../../sandbox/inventory';
import type { SandboxServer } from '../../sandbox/postgres-server';

/** A cluster as the inventory would describe a sandbox server: version directories side by side under the server's root. */
export async function clusterOf(
  server: SandboxServer,
  overrides: Partial<ClusterEntry> = {},
  host: Host = new LocalHost('here', `${server.root}/work`),
): Promise<Cluster> {
  const { root } = server;
  const binDirectory = await versionsDirectory(root);
  const entry = inventorySchema.parse({
    hosts: { here: { connection: 'local', workDirectory: `${root}/work` } },
    clusters: {
      test: {
        primary: 'here',
        osUser: server.osUser,
        port: server.port,
        binDirectory,
        dataDirectory: `${root}/{version}/main`,
        logFile: `${root}/{version}.log`,
        backupDirectory: `${root}/backups`,
        service: { manager: 'pg_ctl' },
        ...overrides,
      },
    },
  }).clusters.test;
  return { name: 'test', host, entry, password: () => server.adminPassword };
}
