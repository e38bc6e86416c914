import { hasBackupFile, makeBackupDirectory, writeBackupFile } from '../postgres/backup-directory';
import { layout, type Cluster } from '../postgres/cluster';
import { withSql } from '../postgres/connection';
import { SchemaArchive } from './archive';
import { FILES, readRecord, type UpgradeRecord } from './files';
import { requireLive, type UpgradePlan } from './plan';
import { rollbackScript } from './rollback-script';
import { buildable, definitionOf, ensureIndexScript, makeScripts } from './scripts';

/** What the workflow knows when an upgrade begins; the rest is read from the cluster. */
export interface Beginning {
  database: string;
  postgres: number;
  migration: string;
  startedAt: string;
  plan: UpgradePlan;
}

/**
 * Makes the upgrade's directory: the schema's dump, the scripts there and back, `rollback.sh`, and the record. A directory
 * that has a record already is this upgrade's own and is left as it is.
 */
export async function openUpgrade(cluster: Cluster, directory: string, beginning: Beginning): Promise<UpgradeRecord> {
  if (await hasBackupFile(cluster, directory, FILES.record)) return readRecord(cluster, directory);
  const { database, postgres, plan, migration, startedAt } = beginning;
  const live = await requireLive(cluster, database, plan.extension.name);
  await makeBackupDirectory(cluster, directory);
  const archive = await SchemaArchive.dump(cluster, layout(cluster, postgres), database, directory);
  const scripts = await withSql(cluster, { database }, (sql) => makeScripts(sql, live, archive, plan));
  const record: UpgradeRecord = {
    cluster: cluster.name,
    postgres,
    database,
    extension: live.extension,
    to: plan.to,
    strategy: plan.strategy,
    tables: live.tables,
    indexes: { before: live.indexes, after: plan.indexes },
    dependants: live.dependants.map(({ kind, identity }) => `${kind} ${identity}`),
    migration,
    startedAt,
  };
  const write = (name: string, text: string, mode?: string) => writeBackupFile(cluster, directory, name, text, mode);
  await write(FILES.upgrade, scripts.upgrade);
  await write(FILES.rollback, scripts.rollback);
  const { schema } = live.extension;
  await write(
    FILES.rollbackIndexes,
    live.indexes
      .map((index) => ensureIndexScript(buildable(definitionOf(index), plan.concurrentBefore), schema))
      .join('\n'),
  );
  await write(FILES.rollbackScript, rollbackScript(cluster, directory, record), '0700');
  // The record comes last: where it is, the rest is.
  await write(FILES.record, JSON.stringify(record, null, 2));
  return record;
}
