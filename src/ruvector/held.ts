import { heldDirectories, type Held } from '../postgres/backup-directory';
import type { Cluster } from '../postgres/cluster';
import { FILES, type UpgradeRecord } from './files';

/** An upgrade of an extension whose way back stands on the host. */
export type HeldUpgrade = Held<UpgradeRecord>;

/** The upgrades of an extension in a database that can be taken back, oldest first. */
export async function heldUpgrades(cluster: Cluster, database: string, extension: string): Promise<HeldUpgrade[]> {
  const held = await heldDirectories<UpgradeRecord>(cluster, {
    names: '*_upgrade_*',
    record: FILES.record,
    there: FILES.rollbackScript,
  });
  return held.filter(({ record }) => record.database === database && record.extension?.name === extension);
}
