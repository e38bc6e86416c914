import { phaseStamp } from '../migration/phase';
import { readBackupJson } from '../postgres/backup-directory';
import type { Cluster } from '../postgres/cluster';
import type { Extension, Strategy } from './extension';
import type { PlannedIndex } from './scripts';
import type { VectorIndex } from './vector-index';
import type { VectorTable } from './vector-columns';

/** What is known of one upgrade of the extension, kept beside its backup so that the way back needs only the host. */
export interface UpgradeRecord {
  cluster: string;
  /** Major version of PostgreSQL whose programs the scripts use. */
  postgres: number;
  database: string;
  extension: Extension;
  to: string;
  strategy: Strategy;
  tables: VectorTable[];
  indexes: { before: VectorIndex[]; after: PlannedIndex[] };
  /** What stood on the extension: kind and name of each. */
  dependants: string[];
  /** Identity of the workflow's run that made it. */
  migration: string;
  /** ISO 8601. */
  startedAt: string;
}

/** One upgrade as activities are told of it: enough to find everything else on the host. */
export interface UpgradeRef {
  cluster: string;
  /** Identity of the workflow's run; durable jobs carry it. */
  migration: string;
  directory: string;
}

/** Names of what an upgrade leaves in its backup directory `ruvector_upgrade_<from>_to_<to>_<timestamp>`. */
export const FILES = {
  record: 'record.json',
  log: 'upgrade.log',
  schema: 'schema.dump',
  backup: 'tables.dump',
  upgrade: 'upgrade.sql',
  rollback: 'rollback.sql',
  rollbackIndexes: 'rollback-indexes.sql',
  rollbackScript: 'rollback.sh',
  before: 'evidence-before.json',
  after: 'evidence-after.json',
} as const;

/** The upgrade's directory below the cluster's backup directory. */
export function upgradeDirectory(
  cluster: Cluster,
  extension: string,
  from: string,
  to: string,
  startedAt: string,
): string {
  const safe = (text: string) => text.replace(/[^A-Za-z0-9._-]/g, '_');
  return `${cluster.entry.backupDirectory}/${safe(extension)}_upgrade_${safe(from)}_to_${safe(to)}_${phaseStamp(startedAt)}`;
}

export function readRecord(cluster: Cluster, directory: string): Promise<UpgradeRecord> {
  return readBackupJson<UpgradeRecord>(cluster, directory, FILES.record);
}
