import { layout, workDirectory, type Cluster } from '../../postgres/cluster';
import type { Finding } from '../../postgres/preflight/check';
import { fileSystems, shortages, type Need } from '../../postgres/preflight/checks/disk-space';
import type { Strategy } from '../extension';
import type { Live } from '../live';
import { blocker } from './findings';

/** The old table, its vectors as arrays, and the new table are on disk together until the transaction ends. */
const STAGED_COPIES = 2;

/** Whether there is room for the staged copy, the new indexes, the backup and the rehearsal. */
export async function spaceFindings(
  cluster: Cluster,
  postgres: number,
  live: Live,
  strategy: Strategy,
  rehearse: boolean,
): Promise<Finding[]> {
  const tables = live.tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const indexes = live.indexes.reduce((sum, { bytes }) => sum + bytes, 0);
  const copies = strategy === 'staged rebuild' ? STAGED_COPIES : 0;
  const needs: Need[] = [
    {
      path: layout(cluster, postgres).dataDirectory,
      bytes: tables * copies + indexes,
      what: 'staged copy and new indexes',
    },
    { path: cluster.entry.backupDirectory, bytes: tables, what: 'the backup' },
    ...(rehearse
      ? [{ path: workDirectory(cluster), bytes: tables * (1 + STAGED_COPIES) + indexes, what: 'the rehearsal' }]
      : []),
  ];
  const systems = await fileSystems(
    cluster,
    needs.map(({ path }) => path),
  );
  return shortages(needs, systems).map(({ system, needed, needs: what }) =>
    blocker('disk-space', {
      object: system.mount,
      seen: `${mebibytes(system.free)} are free, and ${mebibytes(needed)} are needed, 20 % to spare among them: ${what
        .map((need) => `${mebibytes(need.bytes)} for ${need.what} in ${need.path}`)
        .join(', ')}.`,
      action:
        'Free that much, or put the backup or work directory elsewhere; rehearse: false goes without the rehearsal.',
    }),
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
