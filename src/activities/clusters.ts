import { ApplicationFailure } from '@temporalio/common';
import { loadInventory } from '../inventory/load';
import { resolveSecret } from '../inventory/secrets';
import type { Inventory } from '../inventory/schema';
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
      return {
        name,
        host: hostOf(inventory, entry.primary),
        entry,
        packages: inventory.hosts[entry.primary].packages,
        password: () => (entry.admin.password === undefined ? undefined : resolveSecret(entry.admin.password)),
      };
    },
  };
}

function unknownCluster(name: string, inventory: Inventory): ApplicationFailure {
  const known = Object.keys(inventory.clusters).sort().join(', ') || 'none';
  return ApplicationFailure.create({
    type: FAILURE.invalidInput,
    nonRetryable: true,
    message: `cluster: the inventory has no cluster "${name}". It has: ${known}. Nothing was touched.`,
  });
}
