import { makeBackupDirectory, readBackupJson, writeBackupFile } from '../backup-directory';
import { phaseStamp } from '../../migration/phase';
import { withSql } from '../connection';
import type { Cluster } from '../cluster';
import { readForgotten } from './carry-over';
import { exists } from '../../hosts/files';
import { PHASE_FILES, type PhaseRecord } from './phase-files';
import { rollbackScript } from './rollback-script';

/** What the workflow knows when a phase begins; the rest is read from the cluster. */
export type PhaseBeginning = Pick<
  PhaseRecord,
  'from' | 'to' | 'mode' | 'migration' | 'startedAt' | 'standbys' | 'retain'
>;

/**
 * Makes the phase's backup directory with its record, `rollback.sh`, and what pg_upgrade would forget. A directory that
 * has a record already is this phase's own and is left as it is.
 */
export async function openPhase(cluster: Cluster, directory: string, beginning: PhaseBeginning): Promise<PhaseRecord> {
  if (await exists(cluster.host, `${directory}/${PHASE_FILES.record}`, cluster.entry.osUser)) {
    return readBackupJson<PhaseRecord>(cluster, directory, PHASE_FILES.record);
  }
  const record = {
    ...beginning,
    ...(await readFacts(cluster)),
    cluster: cluster.name,
    slot: slotName(beginning),
  };
  await makeBackupDirectory(cluster, directory);
  await writeBackupFile(cluster, directory, PHASE_FILES.rollback, rollbackScript(cluster, directory, record), '0700');
  await writeBackupFile(
    cluster,
    directory,
    PHASE_FILES.forgotten,
    JSON.stringify(await readForgotten(cluster), null, 2),
  );
  // The record comes last: where it is, the rest is.
  await writeBackupFile(cluster, directory, PHASE_FILES.record, JSON.stringify(record, null, 2));
  return record;
}

function slotName({ from, to, startedAt }: PhaseBeginning): string {
  return `pgpassage_${from}_${to}_${phaseStamp(startedAt)}`;
}

async function readFacts(
  cluster: Cluster,
): Promise<Pick<PhaseRecord, 'systemIdentifier' | 'superuser' | 'tablespaces'>> {
  return withSql(cluster, {}, async (sql) => {
    const [facts] = await sql.query<{ id: string; superuser: string }>(
      'select system_identifier::text as id, (select rolname from pg_authid where oid = 10) as superuser from pg_control_system()',
    );
    const tablespaces = await sql.query<{ oid: string; location: string }>(
      "select oid::text as oid, pg_tablespace_location(oid) as location from pg_tablespace where pg_tablespace_location(oid) <> ''",
    );
    return { systemIdentifier: facts.id, superuser: facts.superuser, tablespaces };
  });
}
