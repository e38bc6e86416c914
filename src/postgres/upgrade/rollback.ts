import { shellCommand } from '../../hosts/quote';
import { lossOf } from '../../migration/ledger';
import { phaseName } from '../../migration/path';
import type { Cluster } from '../cluster';
import { service } from '../service';
import { JobFailed, type JobEnd, type RunJob } from './jobs';
import { PHASE_FILES, type PhaseRecord } from './phase-files';
import { ROLLBACK_EXIT } from './rollback-script';
import { lookAt } from './world';

export interface RollbackResult {
  /** Version that serves now. */
  version: number;
  /** What rollback.sh said. */
  said: string;
  /** The WAL kept did not reach up to the stop: writes between the backup and the stop are missing too. */
  short: boolean;
  /** The standby that serves in the primary's place, at its own address; absent where the primary itself serves. */
  servesOn?: { standby: string; host: string; port: number };
}

/**
 * Runs the phase's own `rollback.sh` as a durable job: what a person would run is what pgpassage runs. Naming the loss is
 * the caller's decision; where nothing was written yet it makes no difference.
 */
export async function rollBack(
  cluster: Cluster,
  directory: string,
  record: PhaseRecord,
  acceptLoss: boolean,
  jobId: string,
  run: RunJob,
): Promise<RollbackResult> {
  const end = await runScript(cluster, directory, record, acceptLoss ? accepting(record) : [], jobId, run);
  if (end.exitCode !== ROLLBACK_EXIT.done && end.exitCode !== ROLLBACK_EXIT.short) {
    throw new JobFailed(`${cluster.name}: the rollback ${record.to} → ${record.from}`, end);
  }
  // What the job said is history; what runs is the world.
  if (!(await lookAt(cluster, record.from)).running) {
    throw new JobFailed(`${cluster.name}: PostgreSQL ${record.from} does not run after the rollback, which`, end);
  }
  return { version: record.from, said: end.output.trim(), short: end.exitCode === ROLLBACK_EXIT.short };
}

/**
 * Stops the new server for good and leaves all else as it is, so that a retained standby can take the primary's place.
 * @throws JobFailed when it does not stop.
 */
export async function stopNewServer(
  cluster: Cluster,
  directory: string,
  record: PhaseRecord,
  acceptLoss: boolean,
  jobId: string,
  run: RunJob,
): Promise<void> {
  const args = [...(acceptLoss ? accepting(record) : []), '--stop-only'];
  const end = await runScript(cluster, directory, record, args, jobId, run);
  if (end.exitCode === ROLLBACK_EXIT.done && !(await lookAt(cluster, record.to)).running) return;
  throw new JobFailed(`${cluster.name}: the stop of PostgreSQL ${record.to}`, end);
}

const accepting = (record: PhaseRecord): string[] => ['--accept', lossOf(phaseName(record))];

function runScript(
  cluster: Cluster,
  directory: string,
  record: PhaseRecord,
  args: readonly string[],
  jobId: string,
  run: RunJob,
): Promise<JobEnd> {
  const argv = ['sh', `${directory}/${PHASE_FILES.rollback}`, ...args];
  // As whoever may work the service: the connection's own user can't even read what the OS user keeps to itself.
  const { user } = service(cluster, record.to).stop;
  return run({ id: jobId, user, script: `exec ${shellCommand(argv)}\n` }, { restart: true });
}
