import { readFile } from '../../hosts/files';
import { layout, type Cluster, type Standby } from '../cluster';
import { withSql } from '../connection';
import { stopServer } from '../service';
import { PHASE_FILES } from '../upgrade/phase-files';
import { controlData, lookAt } from '../upgrade/world';
import { readStandbyRecord } from './standby-files';

export interface StoppedStandby {
  standby: string;
  /** The name that the primary knew it by. */
  applicationName: string;
  /** Where its last checkpoint is; at the primary's it holds all that the primary ever wrote. */
  checkpoint: string;
  /** Whether it stopped at exactly the primary's stop. */
  atTheStop: boolean;
}

/** How long a standby that gets no further is waited for. */
const STUCK_MS = 30_000;

/** Position of the old primary's last checkpoint before pg_upgrade, as the outage wrote it down. */
export async function primaryStop(cluster: Cluster, phaseDirectory: string): Promise<string> {
  return (await readFile(cluster.host, `${phaseDirectory}/${PHASE_FILES.stopped}`, cluster.entry.osUser)).trim();
}

/**
 * Stops a standby of the old version once it has replayed up to the primary's stop. From here on nobody reads the old
 * data from it, and its directory stays as it is. One that is stopped already is only looked at.
 */
export async function stopStandby(
  cluster: Cluster,
  standby: Standby,
  phaseDirectory: string,
  from: number,
  progress: (what: string) => void,
): Promise<StoppedStandby> {
  const stop = await primaryStop(cluster, phaseDirectory);
  if ((await lookAt(standby, from)).running) {
    await replayUpTo(standby, stop, progress);
    await stopServer(standby, from);
  }
  const control = await controlData(standby.host, layout(standby, from), standby.entry.osUser);
  const checkpoint = control?.['Latest checkpoint location'] ?? '';
  const { applicationName } = await readStandbyRecord(standby, phaseDirectory);
  return { standby: standby.standby, applicationName, checkpoint, atTheStop: checkpoint === stop };
}

/** Waits until it has replayed the checkpoint at `stop`, or gets no further: what it did not receive it never will. */
async function replayUpTo(standby: Standby, stop: string, progress: (what: string) => void): Promise<void> {
  let best = Infinity;
  let since = Date.now();
  for (;;) {
    const left = await bytesLeft(standby, stop);
    if (left < 0) return;
    if (left < best) [best, since] = [left, Date.now()];
    if (Date.now() - since > STUCK_MS) return;
    progress(`standby ${standby.standby}: ${left} bytes to replay up to the stop of the primary`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Negative once the record that begins at `stop` was replayed. */
async function bytesLeft(standby: Standby, stop: string): Promise<number> {
  const [row] = await withSql(standby, {}, (sql) =>
    sql.query<{ left: string }>('select pg_wal_lsn_diff($1, pg_last_wal_replay_lsn())::text as left', [stop]),
  );
  return Number(row.left);
}
