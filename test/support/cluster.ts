import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { LocalHost } from '../../src/hosts/local-host';
import { inventorySchema, type ClusterEntry } from '../../src/inventory/schema';
import type { Cluster } from '../../src/postgres/cluster';
import { parts } from '../../sandbox/parts';
import type { SandboxServer } from '../../sandbox/postgres-server';

/** A cluster as the inventory would describe a sandbox server: version directories side by side under the server's root. */
export async function clusterOf(server: SandboxServer, overrides: Partial<ClusterEntry> = {}): Promise<Cluster> {
  const { postgres } = await parts();
  const root = dirname(dirname(server.dataDirectory));
  mkdirSync(`${root}/versions`, { recursive: true });
  for (const [version, bin] of Object.entries(postgres)) {
    if (!existsSync(`${root}/versions/${version}`)) symlinkSync(bin, `${root}/versions/${version}`);
  }
  const entry = inventorySchema.parse({
    hosts: { here: { connection: 'local', workDirectory: `${root}/work` } },
    clusters: {
      test: {
        primary: 'here',
        osUser: server.osUser,
        port: server.port,
        binDirectory: `${root}/versions/{version}`,
        dataDirectory: `${root}/{version}/main`,
        logFile: `${root}/postgresql-{version}.log`,
        backupDirectory: `${root}/backups`,
        service: { manager: 'pg_ctl' },
        ...overrides,
      },
    },
  }).clusters.test;
  return { name: 'test', host: new LocalHost('here', `${root}/work`), entry, password: () => server.adminPassword };
}
