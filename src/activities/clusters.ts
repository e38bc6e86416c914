import { ApplicationFailure } from '@temporalio/common';
import type { Host } from '../hosts/host';
import { loadInventory } from '../inventory/load';
import { resolveSecret } from '../inventory/secrets';
import { entryOfStandby, type ClusterEntry, type Inventory, type Packages } from '../inventory/schema';
import { FAILURE } from '../migration/failures';
import type { Cluster } from '../postgres/cluster';
import { hostOf } from './hosts';

/** Finds clusters by the name that workflows use. */
export interface Clusters {
  /** @throws ApplicationFailure of type InvalidInput for a name that the inventory does not have. */
  get(name: string): Cluster;
}

/** Clusters of an inventory file, which is read at every use: an edit holds from the next step on, with no restart. */
export function clustersOf(inventoryFile: string): Clusters {
  return {
    get(name) {
      const inventory = loadInventory(inventoryFile);
      const entry = inventory.clusters[name];
      if (!entry) throw unknownCluster(name, inventory);
      const { password } = entry.admin;
      return clusterFrom(
        name,
        entry,
        (host) => hostOf(inventory, host),
        (host) => inventory.hosts[host].packages,
        () => (password === undefined ? undefined : resolveSecret(password)),
      );
    },
  };
}

/** A cluster with its standbys; roles and their passwords are the same on all of its servers. */
export function clusterFrom(
  name: string,
  entry: ClusterEntry,
  hostNamed: (name: string) => Host,
  packagesOf: (host: string) => Packages,
  password: () => string | undefined,
): Cluster {
  const standbys = entry.standbys.map((standby) => ({
    name: `${name}.${standby.name}`,
    standby: standby.name,
    host: hostNamed(standby.host),
    entry: entryOfStandby(entry, standby),
    packages: packagesOf(standby.host),
    password,
    standbys: [],
  }));
  const packages = packagesOf(entry.primary);
  return { name, host: hostNamed(entry.primary), entry, packages, password, standbys };
}

function unknownCluster(name: string, inventory: Inventory): ApplicationFailure {
  const known = Object.keys(inventory.clusters).sort().join(', ') || 'none';
  return ApplicationFailure.create({
    type: FAILURE.invalidInput,
    nonRetryable: true,
    message: `cluster: the inventory has no cluster "${name}". It has: ${known}. Nothing was touched.`,
  });
}
