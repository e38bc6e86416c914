import { now } from '../../hosts/clock';
import { exists } from '../../hosts/files';
import { layout, type Cluster } from '../cluster';
import { withSql } from '../connection';
import { service, startServer } from '../service';
import { JobFailed, type JobEnd, type RunJob } from './jobs';
import { endedSessions, type DrainPlan } from './drain-script';
import { marks, OUTAGE_EXIT, outageScript, type Mark } from './outage-script';
import { PHASE_FILES, type PhaseRecord } from './phase-files';
import { UPGRADE_HBA } from './target';
import { lookAt } from './world';

export interface Outage {
  marks: Mark[];
  /** Milliseconds from the stop of the old server to the new one serving, by the host's clock. */
  outageMs: number;
  /** Milliseconds that clients were held back, from the first PAUSE to the last RESUME; absent where nobody was. */
  heldMs?: number;
  /** Client sessions that the drain ended at its deadline. */
  endedSessions: string[];
}

/** Clients could not be held back; the old server was not stopped and they go on with it. */
export class ClientsNotDrained extends Error {
  override name = 'ClientsNotDrained';
}

/** The outage failed and the old server serves again; nothing is lost. */
export class OutageRolledBack extends Error {
  override name = 'OutageRolledBack';
}

/** The outage failed and the old server could not be started in place: a restore is needed, and the compensation does it. */
export class ServiceDown extends Error {
  override name = 'ServiceDown';
}

/** How clients are held back, and the secrets that this takes. Looked at only where the job has not begun yet. */
export interface Drain {
  plan: DrainPlan;
  secrets: Record<string, string>;
}

/**
 * Runs the outage as one durable job: stop, pg_upgrade, start. Attaches where it runs already; it never runs twice.
 * @throws ClientsNotDrained, OutageRolledBack or ServiceDown, each with what was seen.
 */
export async function outage(
  cluster: Cluster,
  directory: string,
  record: PhaseRecord,
  jobId: string,
  run: RunJob,
  drain?: Drain,
): Promise<Outage> {
  const script = outageScript({
    owner: cluster.entry.osUser,
    from: layout(cluster, record.from),
    to: layout(cluster, record.to),
    mode: record.mode,
    superuser: record.superuser,
    hbaFile: `${directory}/${UPGRADE_HBA}`,
    openedFile: `${directory}/${PHASE_FILES.opened}`,
    stoppedFile: `${directory}/${PHASE_FILES.stopped}`,
    oldService: service(cluster, record.from),
    newService: service(cluster, record.to),
    drain: drain?.plan,
  });
  const end = await run({ id: jobId, script, secrets: drain?.secrets });
  return conclude(cluster, directory, record, end);
}

/**
 * Writes dirty buffers out while clients still work, so that the stop has little left to write. Best done just before the
 * outage; where the old server is stopped already there is nothing to do.
 */
export async function checkpoint(cluster: Cluster, from: number): Promise<void> {
  if ((await lookAt(cluster, from)).running) await withSql(cluster, {}, (sql) => sql.query('checkpoint'));
}

async function conclude(cluster: Cluster, directory: string, record: PhaseRecord, end: JobEnd): Promise<Outage> {
  const seen = marks(end.output);
  const at = (name: string) => seen.find((mark) => mark.name === name)?.at;
  const [stop, served] = [at('stop'), at('served')];
  if (end.exitCode === OUTAGE_EXIT.served && stop !== undefined && served !== undefined) {
    return ended(end, seen, served - stop);
  }
  if (end.exitCode === undefined) return interrupted(cluster, directory, record, end, seen);
  const said = `It said:\n${end.output.trim().slice(-3000)}`;
  if (end.exitCode === OUTAGE_EXIT.gaveUp) {
    throw new ClientsNotDrained(
      `${cluster.name}: clients could not be held back, so PostgreSQL ${record.from} was not stopped; it serves, and its clients go on. ` +
        `End or wait for what is named, or choose another deadline or \`then\` in the plan's drain. ${said}`,
    );
  }
  if (end.exitCode === OUTAGE_EXIT.restored) {
    throw new OutageRolledBack(
      `${cluster.name}: the upgrade ${record.from} → ${record.to} failed and PostgreSQL ${record.from} serves again, nothing lost. ${said}`,
    );
  }
  throw new ServiceDown(
    `${cluster.name}: the upgrade ${record.from} → ${record.to} failed and PostgreSQL ${record.from} did not start again on its data directory. ${said}`,
  );
}

/**
 * The host rebooted, or someone killed the job: what stands there decides. Once the new server had been opened pg_upgrade
 * was done, and forward is the way that loses nothing.
 */
async function interrupted(
  cluster: Cluster,
  directory: string,
  record: PhaseRecord,
  end: JobEnd,
  seen: Mark[],
): Promise<Outage> {
  const stop = seen.find((mark) => mark.name === 'stop')?.at;
  if (stop !== undefined && (await exists(cluster.host, `${directory}/${PHASE_FILES.opened}`, cluster.entry.osUser))) {
    if (!(await lookAt(cluster, record.to)).running) await startServer(cluster, record.to);
    return ended(end, seen, (await now(cluster.host)) - stop);
  }
  if ((await lookAt(cluster, record.from)).running) {
    throw new OutageRolledBack(
      `${cluster.name}: the outage was interrupted from outside (reboot or kill); PostgreSQL ${record.from} serves, nothing lost.`,
    );
  }
  throw new ServiceDown(
    `${cluster.name}: the outage was interrupted from outside (reboot or kill) after "${seen.at(-1)?.name ?? 'nothing'}", and no server runs. ` +
      new JobFailed('The job', end).message,
  );
}

function ended(end: JobEnd, seen: Mark[], outageMs: number): Outage {
  const at = (name: string) => seen.find((mark) => mark.name === name)?.at;
  const [hold, letIn] = [at('hold'), at('let-in')];
  return {
    marks: seen,
    outageMs,
    ...(hold !== undefined && letIn !== undefined && { heldMs: letIn - hold }),
    endedSessions: endedSessions(end.output),
  };
}
