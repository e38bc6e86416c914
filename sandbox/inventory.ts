import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { parts } from './parts';
import type { SandboxServer } from './postgres-server';
import { ADMIN } from './server-files';

/**
 * An inventory file that describes a sandbox server as a cluster, written into the server's root.
 * @param standbys its standbys by name, each in a root of its own.
 * @param more further fields of the cluster, such as `pgbouncer`.
 */
export async function writeInventory(
  server: SandboxServer,
  cluster: string,
  standbys: Record<string, SandboxServer> = {},
  more: Record<string, unknown> = {},
): Promise<string> {
  const { root, osUser, port, passwordFile } = server;
  const inventory = {
    hosts: { here: { connection: 'local', workDirectory: join(root, 'work') } },
    clusters: {
      [cluster]: {
        primary: 'here',
        standbys: Object.entries(standbys).map(([name, standby]) => ({
          ...{ host: 'here', name, port: standby.port },
          dataDirectory: join(standby.root, '{version}', 'main'),
          logFile: join(standby.root, '{version}.log'),
        })),
        osUser,
        port,
        binDirectory: await versionsDirectory(root),
        dataDirectory: join(root, '{version}', 'main'),
        logFile: join(root, '{version}.log'),
        backupDirectory: join(root, 'backups'),
        service: { manager: 'pg_ctl' },
        admin: { user: ADMIN, host: '127.0.0.1', password: `file:${passwordFile}` },
        ...more,
      },
    },
  };
  const file = join(root, 'inventory.yaml');
  writeFileSync(file, stringify(inventory));
  return file;
}

/**
 * Makes one link per major version below the root, and returns the path of any of them with the placeholder
 * `{version}`: the bin directories themselves may lie anywhere, and an inventory has one path for all.
 */
export async function versionsDirectory(root: string): Promise<string> {
  const { postgres } = await parts();
  const directory = join(root, 'versions');
  mkdirSync(directory, { recursive: true });
  for (const [version, bin] of Object.entries(postgres)) {
    const link = join(directory, version);
    if (!existsSync(link)) symlinkSync(bin, link);
  }
  return join(directory, '{version}');
}
