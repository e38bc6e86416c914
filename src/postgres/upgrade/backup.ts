import { shellCommand, shellWord } from '../../hosts/quote';
import { layout, program, type Cluster } from '../cluster';
import { withSql } from '../connection';
import { passfile, toolConnection } from '../tools';
import { PHASE_FILES, type PhaseRecord } from './phase-files';
import { succeed, type RunJob } from './jobs';

/**
 * Takes a base backup of the running server into the phase's directory, verifies it, and dumps the cluster's globals.
 * The slot keeps the server's WAL from here up to the stop, so that a restore reaches the stop itself.
 */
export async function takeBackup(
  cluster: Cluster,
  directory: string,
  record: PhaseRecord,
  jobId: string,
  run: RunJob,
): Promise<void> {
  await keepWal(cluster, record.slot);
  await succeed(run, `${cluster.name}: the base backup`, {
    id: jobId,
    user: cluster.entry.osUser,
    script: backupScript(cluster, directory, record),
    secrets: passfile(cluster),
  });
}

/** Makes the physical slot that keeps WAL from now on; one that exists keeps it already. */
export async function keepWal(cluster: Cluster, slot: string): Promise<void> {
  await withSql(cluster, {}, async (sql) => {
    const there = await sql.query('select from pg_replication_slots where slot_name = $1', [slot]);
    if (there.length === 0) await sql.query('select pg_create_physical_replication_slot($1, true)', [slot]);
  });
}

/** Drops the slot, so that the server no longer keeps WAL for it; one that is gone needs nothing. */
export async function releaseWal(cluster: Cluster, slot: string): Promise<void> {
  await withSql(cluster, {}, (sql) =>
    sql.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1', [slot]),
  );
}

function backupScript(cluster: Cluster, directory: string, record: PhaseRecord): string {
  const paths = layout(cluster, record.from);
  const base = `${directory}/${PHASE_FILES.base}`;
  const tablespaces = record.tablespaces.map(
    ({ oid, location }) =>
      `--tablespace-mapping=${location.replaceAll('=', '\\=')}=${directory}/${PHASE_FILES.tablespaces}/${oid}`,
  );
  const basebackup = [
    program(paths, 'pg_basebackup'),
    ...toolConnection(cluster),
    `--pgdata=${base}.partial`,
    '--checkpoint=fast',
    '--progress',
    '--no-sync',
    ...tablespaces,
  ];
  const globals = [
    program(paths, 'pg_dumpall'),
    ...toolConnection(cluster),
    '--globals-only',
    `--file=${directory}/${PHASE_FILES.globals}.partial`,
  ];
  return `
set -eu
umask 077
export PGPASSFILE="$PWD/secrets/pgpass"
cd ${shellWord(directory)}
if [ ! -d ${PHASE_FILES.base} ]; then
  rm -rf ${PHASE_FILES.base}.partial ${PHASE_FILES.tablespaces}
  ${shellCommand(basebackup)}
  ${shellCommand([program(paths, 'pg_verifybackup'), '--quiet', `${base}.partial`])}
  # One sync of the file system instead of one a file; verified bytes are on disk before the backup has its name.
  sync -f ${PHASE_FILES.base}.partial
  mv ${PHASE_FILES.base}.partial ${PHASE_FILES.base}
fi
${shellCommand(globals)}
mv ${PHASE_FILES.globals}.partial ${PHASE_FILES.globals}
echo "base backup verified: $(du -sh ${PHASE_FILES.base} | cut -f1)"
`;
}
