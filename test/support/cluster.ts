import type { Host } from '../../src/hosts/host';
import { LocalHost } from '../../src/hosts/local-host';
import type { z } from 'zod';
import { clusterFrom } from '../../src/activities/clusters';
import { inventorySchema } from '../../src/inventory/schema';
import type { Cluster } from '../../src/postgres/cluster';
import { versionsDirectory } from '../../sandbox/inventory';
import type { SandboxServer } from '../../sandbox/postgres-server';

/** Fields of a cluster's entry as an inventory file has them. */
export type EntryOverrides = Partial<z.input<typeof inventorySchema>['clusters'][string]>;

/** A cluster as the inventory would describe a sandbox server: version directories side by side under the server's root. */
export async function clusterOf(server: SandboxServer, overrides: EntryOverrides = {}, host?: Host): Promise<Cluster> {
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
  return clusterFrom(
    'test',
    entry,
    (name) => host ?? new LocalHost(name, `${root}/work`),
    () => 'present',
    () => server.adminPassword,
  );
}
