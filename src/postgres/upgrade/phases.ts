import { output } from '../../hosts/host';
import type { Cluster } from '../cluster';
import { PHASE_FILES, type PhaseRecord } from './phase-files';

/** A phase that the host still holds the way back of. */
export interface HeldPhase {
  directory: string;
  record: PhaseRecord;
}

/** Marker of a phase whose old data and backup were deleted on purpose. */
export const FINALIZED = 'finalized';

// One round trip however many there are; the directories are closed to all but the cluster's OS user.
const LIST = `
cd "$1" 2>/dev/null || exit 0
for d in upgrade_*; do
  [ -e "$d/$2" ] && [ -e "$d/$3" ] && [ ! -e "$d/$4" ] && [ ! -e "$d/$5" ] || continue
  printf '%s\\t' "$d"; tr -d '\\n' <"$d/$2"; echo
done`;

/** The completed phases of the cluster that can still be rolled back, oldest first. The host decides, not a history. */
export async function heldPhases(cluster: Cluster): Promise<HeldPhase[]> {
  const root = cluster.entry.backupDirectory;
  const argv = ['sh', '-c', LIST, 'sh', root, PHASE_FILES.record, PHASE_FILES.opened, FINALIZED, PHASE_FILES.onStandby];
  const text = await output(cluster.host, { argv, user: cluster.entry.osUser });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({
      directory: `${root}/${line.slice(0, line.indexOf('\t'))}`,
      record: JSON.parse(line.slice(line.indexOf('\t') + 1)) as PhaseRecord,
    }))
    .filter(({ record }) => record.cluster === cluster.name)
    .sort((a, b) => a.record.startedAt.localeCompare(b.record.startedAt));
}
