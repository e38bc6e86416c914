import { output } from '../../hosts/host';
import { exists, removeTree, usedBytes } from '../../hosts/files';
import { phaseName } from '../../migration/path';
import { layout, type Cluster } from '../cluster';
import { logPhase, PHASE_FILES, writePhaseFile } from './phase-files';
import { FINALIZED, type HeldPhase } from './phases';
import { lookAt } from './world';

/** Something that finalize would delete is in use. Nothing was deleted. */
export class StillInUse extends Error {
  override name = 'StillInUse';
}

export interface Finalized {
  phase: string;
  freedBytes: number;
}

/**
 * Deletes the old data directory and the base backup of one completed phase. Record, logs and evidence stay.
 * @throws StillInUse when a server runs on the old data directory.
 */
export async function finalizePhase(
  cluster: Cluster,
  { directory, record }: HeldPhase,
  by: string,
): Promise<Finalized> {
  const { host, entry } = cluster;
  const old = layout(cluster, record.from).dataDirectory;
  if ((await lookAt(cluster, record.from)).running) {
    throw new StillInUse(
      `${host.name}: PostgreSQL ${record.from} runs on ${old}. It is not deleted; nor is anything else of this phase.`,
    );
  }
  let freedBytes = 0;
  for (const path of [`${directory}/${PHASE_FILES.base}`, `${directory}/${PHASE_FILES.tablespaces}`, old]) {
    if (!(await exists(host, path, entry.osUser))) continue;
    freedBytes += await usedBytes(host, path, entry.osUser);
    await removeTree(host, path, entry.osUser);
  }
  for (const { location } of record.tablespaces) {
    const script = 'for d in "$1"/PG_"$2"_*; do [ ! -e "$d" ] || rm -rf -- "$d"; done';
    await output(host, { argv: ['sh', '-c', script, 'sh', location, String(record.from)], user: entry.osUser });
  }
  await logPhase(cluster, directory, `finalized by ${by}: the old data directory and the backup were deleted`);
  await writePhaseFile(cluster, directory, FINALIZED, `${by}\n`);
  return { phase: phaseName(record), freedBytes };
}
