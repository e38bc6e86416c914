import { homedir } from 'node:os';
import type { Host } from '../hosts/host';
import { LocalHost } from '../hosts/local-host';
import { SshHost } from '../hosts/ssh-host';
import type { SshKey, SshSettings } from '../hosts/ssh/settings';
import type { Inventory } from '../inventory/schema';
import { resolveSecret } from '../inventory/secrets';

/** A host of the inventory. */
export function hostOf(inventory: Inventory, name: string): Host {
  const { connection, workDirectory } = inventory.hosts[name];
  return connection === 'local'
    ? new LocalHost(name, workDirectory)
    : new SshHost(sshSettings(inventory, name), workDirectory);
}

function sshSettings(inventory: Inventory, name: string): SshSettings {
  const { connection } = inventory.hosts[name];
  // The schema lets nobody jump by way of a local host.
  if (connection === 'local') throw new Error(`${name} is not reached by SSH`);
  const { address, port, user, key, knownHosts, jump } = connection.ssh;
  return {
    ...{ name, address, port, user },
    key: sshKey(key),
    knownHosts: knownHosts ?? `${homedir()}/.ssh/known_hosts`,
    ...(jump !== undefined && { jump: sshSettings(inventory, jump) }),
  };
}

function sshKey(key: string): SshKey {
  return key === 'agent' ? key : { reference: key, read: () => resolveSecret(key) };
}
