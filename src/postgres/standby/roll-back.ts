import { exists } from '../../hosts/files';
import { shellCommand } from '../../hosts/quote';
import { layout, SUPPORTED_VERSIONS, type Cluster, type Standby } from '../cluster';
import { withSql } from '../connection';
import { walPosition } from '../lsn';
import { handOver, service, stopServer } from '../service';
import { keepWal, releaseWal } from '../upgrade/backup';
import { JobFailed } from '../upgrade/jobs';
import { controlData, lookAt } from '../upgrade/world';
import { DoesNotStream, followsPrimary, startStandby } from './follow';
import { baseBackup, rebuildSlot, type Rebuild } from './rebuild';
import { readStandbyRecord, STANDBY_FILES, standbyDirectory, type StandbyRecord } from './standby-files';

/** How a standby came back to the old version. */
export interface StandbyBack {
  standby: string;
  /** `follows`: it went on from its own old data. `rebuilt`: it could not, and has a new base backup. `untouched`: the phase never came to it. */
  outcome: 'follows' | 'rebuilt' | 'untouched';
  why: string;
}

/**
 * Brings a standby back behind the old primary, which serves again: from its own old data directory where timeline and
 * position permit, else by a new base backup.
 * @param short the old primary was restored to before its stop, so that the standby may hold what the primary has lost.
 */
export async function rollBackStandby(
  cluster: Cluster,
  standby: Standby,
  short: boolean,
  rebuild: Rebuild,
): Promise<StandbyBack> {
  const directory = standbyDirectory(standby, rebuild.phaseDirectory);
  if (!(await exists(standby.host, `${directory}/${STANDBY_FILES.record}`, standby.entry.osUser))) {
    return { standby: standby.standby, outcome: 'untouched', why: 'nothing was prepared for it' };
  }
  const record = await readStandbyRecord(standby, rebuild.phaseDirectory);
  // A restored primary has no slots, and without its slot the standby is turned away.
  if (record.slot) await keepWal(cluster, record.slot);
  const rebuilt = await exists(standby.host, `${directory}/${STANDBY_FILES.built(record.from)}`, standby.entry.osUser);
  const hindrance = rebuilt ? 'begun before' : short ? SHORT : await whyNotFollow(cluster, standby, record);
  if (hindrance === undefined) {
    try {
      if (!(await neverStopped(standby, directory, record))) await runScript(standby, directory, [], rebuild);
      await followsPrimary(cluster, standby, record.from, rebuild.progress);
      return { standby: standby.standby, outcome: 'follows', why: 'it went on from its own old data directory' };
    } catch (error) {
      if (!(error instanceof DoesNotStream)) throw error;
      return rebuildOld(cluster, standby, record, rebuild, error.message);
    }
  }
  return rebuildOld(cluster, standby, record, rebuild, hindrance);
}

/** The phase failed before its standbys were stopped: this one waits for its primary by itself. */
async function neverStopped(standby: Standby, directory: string, { from, to }: StandbyRecord): Promise<boolean> {
  if (await exists(standby.host, `${directory}/${STANDBY_FILES.built(to)}`, standby.entry.osUser)) return false;
  return (await lookAt(standby, from)).running;
}

const SHORT = 'the old primary was restored to a point before its stop, and the standby is ahead of it';

/** Why the standby's old data can't go on from the old primary; undefined where it can. */
async function whyNotFollow(cluster: Cluster, standby: Standby, record: StandbyRecord): Promise<string | undefined> {
  const control = await controlData(standby.host, layout(standby, record.from), standby.entry.osUser);
  if (!control) return 'its old data directory is gone';
  const primary = await primaryNow(cluster);
  if (control['Database system identifier'] !== primary.systemIdentifier) return 'it is of another system';
  const timeline = control["Latest checkpoint's TimeLineID"];
  if (timeline !== primary.timeline) return `it is on timeline ${timeline}, the primary on ${primary.timeline}`;
  const reached = control['Minimum recovery ending location'];
  if (walPosition(reached) > walPosition(primary.position))
    return `it is at ${reached}, ahead of the primary's ${primary.position}`;
  return undefined;
}

async function primaryNow(cluster: Cluster): Promise<{ systemIdentifier: string; timeline: string; position: string }> {
  const [row] = await withSql(cluster, {}, (sql) =>
    sql.query<{ systemIdentifier: string; timeline: string; position: string }>(
      `select (select system_identifier::text from pg_control_system()) as "systemIdentifier",
              (select timeline_id::text from pg_control_checkpoint()) as timeline, pg_current_wal_flush_lsn()::text as position`,
    ),
  );
  return row;
}

async function rebuildOld(
  cluster: Cluster,
  standby: Standby,
  record: StandbyRecord,
  rebuild: Rebuild,
  why: string,
): Promise<StandbyBack> {
  const { from } = record;
  const directory = standbyDirectory(standby, rebuild.phaseDirectory);
  const built = await exists(standby.host, `${directory}/${STANDBY_FILES.built(from)}`, standby.entry.osUser);
  if (!built && (await lookAt(standby, from)).running) await stopServer(standby, from);
  await runScript(standby, directory, ['--no-start'], rebuild);
  // What it holds may be all that is left of some writes.
  await baseBackup(cluster, standby, record, from, rebuild, 'set-aside');
  await startStandby(standby, from);
  await handOver(standby, record.to, from);
  await followsPrimary(cluster, standby, from, rebuild.progress);
  await releaseWal(cluster, rebuildSlot(record));
  return { standby: standby.standby, outcome: 'rebuilt', why };
}

/** Runs the standby's own rollback.sh as a durable job. @throws JobFailed */
export async function runScript(
  standby: Standby,
  directory: string,
  args: readonly string[],
  { jobId, run }: Pick<Rebuild, 'jobId' | 'run'>,
): Promise<string> {
  const script = `exec ${shellCommand(['sh', `${directory}/${STANDBY_FILES.rollback}`, ...args])}\n`;
  // As whoever may work the service; which version's, makes no difference to that.
  const { user } = service(standby, SUPPORTED_VERSIONS[0]).stop;
  const job = { id: [jobId, 'script', ...args].join('.'), user, script };
  const end = await run(job, { restart: true });
  if (end.exitCode !== 0) throw new JobFailed(`${standby.name}: rollback.sh on ${standby.host.name}`, end);
  return end.output.trim();
}
