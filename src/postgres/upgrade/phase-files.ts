import type { Mode } from '../../migration/input';
import type { Cluster } from '../cluster';

/** What is known of one phase, kept beside its backup so that a rollback weeks later needs nothing but the host. */
export interface PhaseRecord {
  cluster: string;
  from: number;
  to: number;
  mode: Mode;
  /** Identity of the migration (its run ID) that made it. */
  migration: string;
  /** ISO 8601. */
  startedAt: string;
  /** Identity of the old cluster: a rollback refuses any other. */
  systemIdentifier: string;
  /** Bootstrap superuser; pg_upgrade wants its name when the server no longer runs to be asked. */
  superuser: string;
  /** Replication slot that keeps the old server's WAL from the backup's start to the stop. */
  slot: string;
  tablespaces: { oid: string; location: string }[];
  /** The standbys that the phase was begun with, by their names in the inventory. Absent in phases of before there were any. */
  standbys?: string[];
  /** The one of them that is kept stopped at the primary's stop as a way back. */
  retain?: string;
}

/** Names of what a phase leaves in its backup directory `upgrade_15_to_16_<timestamp>`. */
export const PHASE_FILES = {
  record: 'phase.json',
  log: 'upgrade.log',
  base: 'base',
  tablespaces: 'tablespaces',
  globals: 'globals.sql',
  rollback: 'rollback.sh',
  evidenceBefore: 'evidence-before.json',
  /** Write counters read just before the stop: they tell quiet tables from busy ones. */
  countersAtStop: 'counters-at-stop.json',
  forgotten: 'forgotten.json',
  evidenceAfter: 'evidence-after.json',
  /** Position of the old server's last checkpoint, written between its stop and pg_upgrade, which moves it. */
  stopped: 'stopped',
  /** What synchronous_standby_names was, while it is held off. */
  synchronous: 'synchronous.json',
  /** Written and synced before the new server is first started; from then on going back loses writes. */
  opened: 'opened',
  /** A retained standby took the primary's place: the old version must not be started here as well. */
  onStandby: 'on-standby',
} as const;

/** Appends a line to `upgrade.log`, for the person who reads it on the host; the time is the host's, as in the scripts' lines. */
export async function logPhase(cluster: Cluster, directory: string, line: string): Promise<void> {
  const script = 'printf "%s %s\\n" "$(date -u +%FT%TZ)" "$2" >>"$1"';
  const argv = ['sh', '-c', script, 'sh', `${directory}/${PHASE_FILES.log}`, line];
  await cluster.host.run({ argv, user: cluster.entry.osUser });
}
