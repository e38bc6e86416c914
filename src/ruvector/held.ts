import { output } from '../hosts/host';
import type { Cluster } from '../postgres/cluster';
import { FILES, type UpgradeRecord } from './files';

// One round trip however many there are; the directories are closed to all but the cluster's OS user.
const LIST = String.raw`
cd "$1" 2>/dev/null || exit 0
for d in *_upgrade_*; do
  [ -e "$d/$2" ] && [ -e "$d/$3" ] || continue
  printf '%s\t' "$d"; tr -d '\n' <"$d/$2"; echo
done`;

/** An upgrade of an extension whose way back stands on the host. */
export interface HeldUpgrade {
  directory: string;
  record: UpgradeRecord;
}

/** The upgrades of an extension in a database that can be taken back, oldest first. The host decides, not a history. */
export async function heldUpgrades(cluster: Cluster, database: string, extension: string): Promise<HeldUpgrade[]> {
  const root = cluster.entry.backupDirectory;
  const argv = ['sh', '-c', LIST, 'sh', root, FILES.record, FILES.rollbackScript];
  const text = await output(cluster.host, { argv, user: cluster.entry.osUser });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({
      directory: `${root}/${line.slice(0, line.indexOf('\t'))}`,
      record: JSON.parse(line.slice(line.indexOf('\t') + 1)) as UpgradeRecord,
    }))
    .filter(
      ({ record }) =>
        record.cluster === cluster.name && record.database === database && record.extension?.name === extension,
    )
    .sort((a, b) => a.record.startedAt.localeCompare(b.record.startedAt));
}
