import { layout, type Cluster, type Layout, type Standby } from '../cluster';
import { valuesInForce } from '../configuration/verify-configuration';
import { handOver, stopServer } from '../service';
import { passfileOf } from '../tools';
import { keepWal, releaseWal } from '../upgrade/backup';
import { succeed, type RunJob } from '../upgrade/jobs';
import { lookAt } from '../upgrade/world';
import { forBaseBackup } from './conninfo';
import { followsPrimary, startStandby } from './follow';
import { progressInBytes, rebuildScript, rebuiltBytes } from './rebuild-script';
import { readStandbyRecord, standbyDirectory, type StandbyRecord } from './standby-files';

/** What a rebuild needs besides the two servers. */
export interface Rebuild {
  phaseDirectory: string;
  /** The primary's tablespaces. */
  tablespaces: { oid: string; location: string }[];
  jobId: string;
  run: RunJob;
  progress: (what: string) => void;
}

export interface RebuiltStandby {
  standby: string;
  /** Bytes of its data directory and tablespaces. */
  bytes: number;
}

/** Rebuilds a standby in the new version, starts it, and waits until it streams and has caught up. */
export async function rebuildStandby(cluster: Cluster, standby: Standby, rebuild: Rebuild): Promise<RebuiltStandby> {
  const record = await readStandbyRecord(standby, rebuild.phaseDirectory);
  if ((await lookAt(standby, record.from)).running) await stopServer(standby, record.from);
  const bytes = await baseBackup(cluster, standby, record, record.to, rebuild);
  await startStandby(standby, record.to);
  await handOver(standby, record.from, record.to);
  await followsPrimary(cluster, standby, record.to, rebuild.progress);
  await releaseWal(cluster, rebuildSlot(record));
  return { standby: standby.standby, bytes };
}

/**
 * Puts a fresh base backup of the primary, which serves `version`, in the place of that version's data directory.
 * @param keepAs suffix under which what stood there is kept.
 */
export async function baseBackup(
  cluster: Cluster,
  standby: Standby,
  record: StandbyRecord,
  version: number,
  { phaseDirectory, tablespaces, jobId, run, progress }: Rebuild,
  keepAs?: string,
): Promise<number> {
  const paths = layout(standby, version);
  const { conninfo, password } = forBaseBackup(await primaryConninfo(standby, layout(standby, record.from)));
  const slot = record.slot ?? rebuildSlot(record);
  await keepWal(cluster, slot);
  const script = rebuildScript({
    ...{ paths, conninfo, slot, keepAs, state: standbyDirectory(standby, phaseDirectory) },
    tablespaces: record.tablespaces.map(({ oid, location }) => ({
      ...{ oid, here: location },
      onPrimary: tablespaces.find((each) => each.oid === oid)?.location ?? location,
    })),
  });
  const tell = (line: string) => `standby ${standby.standby}: ${progressInBytes(line)}`;
  const job = { id: jobId, user: standby.entry.osUser, script, secrets: passfileOf(password) };
  progress(`standby ${standby.standby}: base backup`);
  return rebuiltBytes(await succeed(run, `${standby.name}: the rebuild on ${standby.host.name}`, job, { tell }));
}

/** Held for a standby that has no slot of its own, until it streams. */
export const rebuildSlot = ({ standby }: StandbyRecord): string =>
  `pgpassage_rebuild_${standby.toLowerCase().replaceAll('-', '_')}`;

/** As the standby's own files set it, whether its server runs or not. It may hold a password. */
async function primaryConninfo(standby: Standby, paths: Layout): Promise<string> {
  const values = await valuesInForce(standby.host, paths, standby.entry.osUser, ['primary_conninfo']);
  const conninfo = values.get('primary_conninfo');
  if (conninfo) return conninfo;
  throw new Error(
    `${standby.name}: the configuration of ${paths.dataDirectory} on ${standby.host.name} sets no primary_conninfo, ` +
      'so it is not known how the standby reaches its primary. Set it there; nothing was removed.',
  );
}
