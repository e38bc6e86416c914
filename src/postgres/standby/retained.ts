import { exists } from '../../hosts/files';
import { keepsOldDirectory } from '../../migration/ledger';
import { layout, type Cluster, type Standby } from '../cluster';
import { withSql } from '../connection';
import type { Evidence } from '../evidence/evidence';
import type { RunJob } from '../upgrade/jobs';
import { PHASE_FILES, type PhaseRecord } from '../upgrade/phase-files';
import type { RollbackResult } from '../upgrade/rollback';
import { controlData, lookAt } from '../upgrade/world';
import { runScript } from './roll-back';
import { readStandbyRecord, standbyDirectory, standbyNamed } from './standby-files';
import { primaryStop } from './stop';

/**
 * The retained standby that a rollback of the phase goes back onto: where the old primary's own files were shared with or
 * moved to a new server that has served, and the standby holds exactly what the old primary held at its stop.
 */
export async function retainedWayBack(
  cluster: Cluster,
  phaseDirectory: string,
  record: PhaseRecord,
): Promise<Standby | undefined> {
  if (!record.retain || keepsOldDirectory(record.mode)) return undefined;
  const there = (name: string) => exists(cluster.host, `${phaseDirectory}/${name}`, cluster.entry.osUser);
  // Taken out of the inventory, for its host is lost, it is no way back any more: the backup is.
  const standby = cluster.standbys.find((each) => each.standby === record.retain);
  if (!standby || (await there(PHASE_FILES.onStandby))) return standby;
  if (!(await there(PHASE_FILES.opened))) return undefined;
  const control = await controlData(standby.host, layout(standby, record.from), standby.entry.osUser);
  const stop = await primaryStop(cluster, phaseDirectory);
  return control?.['Latest checkpoint location'] === stop ? standby : undefined;
}

/**
 * Promotes the retained standby. The new server has to be stopped for good before.
 * @returns where the old version serves now: at the standby's address, not at the primary's.
 */
export async function promoteRetained(
  standby: Standby,
  phaseDirectory: string,
  record: PhaseRecord,
  jobId: string,
  run: RunJob,
): Promise<RollbackResult> {
  const { host, entry } = standby;
  if (!(await servesAsPrimary(standby, record.from))) {
    await runScript(standby, standbyDirectory(standby, phaseDirectory), ['--promote'], { jobId, run });
  }
  if (!(await servesAsPrimary(standby, record.from))) {
    throw new Error(
      `${standby.name}: PostgreSQL ${record.from} on ${host.name} does not serve as the primary; see its log.`,
    );
  }
  return {
    version: record.from,
    short: false,
    servesOn: { standby: standby.standby, host: host.name, port: entry.port },
    said:
      `PostgreSQL ${record.from} serves again on host ${host.name}, port ${entry.port}: standby ${standby.standby} is the primary now. ` +
      `Lead clients there, and in the inventory name ${host.name} as the primary. The old primary's server is stopped; ` +
      'the other standbys are stopped until their primary_conninfo leads there.',
  };
}

async function servesAsPrimary(standby: Standby, version: number): Promise<boolean> {
  if (!(await lookAt(standby, version)).running) return false;
  return withSql(standby, {}, async (sql) => {
    const [row] = await sql.query<{ recovering: boolean }>('select pg_is_in_recovery() as recovering');
    return !row.recovering;
  });
}

/** What was there before the phase without the retained standby, which is expected not to stream any more. */
export async function withoutRetained(
  cluster: Cluster,
  phaseDirectory: string,
  { retain }: PhaseRecord,
  before: Evidence,
): Promise<Evidence> {
  if (!retain) return before;
  const { applicationName } = await readStandbyRecord(standbyNamed(cluster, retain), phaseDirectory);
  const { standbys } = before.replication;
  const at = standbys.findIndex(({ name }) => name === applicationName);
  const others = standbys.filter((_, index) => index !== at);
  return { ...before, replication: { ...before.replication, standbys: others } };
}
