import { writeBackupFile } from '../backup-directory';
import { output } from '../../hosts/host';
import { exists, removeTree, usedBytes } from '../../hosts/files';
import { phaseName } from '../../migration/path';
import { layout, type Cluster } from '../cluster';
import { readStandbyRecord } from '../standby/standby-files';
import { logPhase, PHASE_FILES } from './phase-files';
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
 * Deletes the old data directories and the base backup of one completed phase, on standbys too. Record, logs and evidence stay.
 * @throws StillInUse when a server runs on an old data directory.
 */
export async function finalizePhase(
  cluster: Cluster,
  { directory, record }: HeldPhase,
  by: string,
): Promise<Finalized> {
  // One that is no longer in the inventory is no longer ours to delete from.
  const standbys = cluster.standbys.filter(({ standby }) => record.standbys?.includes(standby));
  for (const server of [cluster, ...standbys]) await refuseInUse(server, record.from);
  let freedBytes = 0;
  for (const standby of standbys) {
    const { tablespaces } = await readStandbyRecord(standby, directory);
    freedBytes += await removeOld(standby, record.from, tablespaces, []);
  }
  const backup = [`${directory}/${PHASE_FILES.base}`, `${directory}/${PHASE_FILES.tablespaces}`];
  freedBytes += await removeOld(cluster, record.from, record.tablespaces, backup);
  await logPhase(cluster, directory, `finalized by ${by}: the old data directory and the backup were deleted`);
  await writeBackupFile(cluster, directory, FINALIZED, `${by}\n`);
  return { phase: phaseName(record), freedBytes };
}

async function refuseInUse(server: Cluster, version: number): Promise<void> {
  if (!(await lookAt(server, version)).running) return;
  const { dataDirectory } = layout(server, version);
  throw new StillInUse(
    `${server.host.name}: PostgreSQL ${version} runs on ${dataDirectory}. It is not deleted; nor is anything else of this phase.`,
  );
}

/** Removes one server's old data directory, what it had in its tablespaces, and `more`. @returns bytes freed. */
async function removeOld(
  server: Cluster,
  version: number,
  tablespaces: readonly { location: string }[],
  more: readonly string[],
): Promise<number> {
  const { host, entry } = server;
  let freed = 0;
  for (const path of [...more, layout(server, version).dataDirectory]) {
    if (!(await exists(host, path, entry.osUser))) continue;
    freed += await usedBytes(host, path, entry.osUser);
    await removeTree(host, path, entry.osUser);
  }
  for (const { location } of tablespaces) {
    const script = 'for d in "$1"/PG_"$2"_*; do [ ! -e "$d" ] || rm -rf -- "$d"; done';
    await output(host, { argv: ['sh', '-c', script, 'sh', location, String(version)], user: entry.osUser });
  }
  return freed;
}
