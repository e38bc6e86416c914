import { shellCommand, shellWord } from '../hosts/quote';
import { connectionString, liveTarget, programArguments } from '../postgres/client-programs';
import { layout, type Cluster } from '../postgres/cluster';
import { literal, withSql } from '../postgres/connection';
import { passfile } from '../postgres/tools';
import { JobFailed, succeed, type JobEnd, type RunJob } from '../postgres/upgrade/jobs';
import { readExtension } from './extension';
import { FILES, type UpgradeRecord } from './files';
import { readMarks, type Marks } from './marks';
import { psqlCommand } from './rollback-script';
import { ensureIndexScript } from './scripts';
import type { BuildableIndex } from './vector-index';
import { errorOf } from './workshop';

/** PostgreSQL refused the conversion and put everything back. Trying again would be refused again. */
export class ConversionRefused extends Error {
  override name = 'ConversionRefused';
}

/** Ends of a transaction that say nothing against trying again. */
const AGAIN =
  /lock timeout|deadlock detected|connection to server|server closed the connection|shutting down|starting up/;

/** Dumps the tables with vectors, once. A dump that is there is whole, because it gets its name last. */
export async function backUp(
  cluster: Cluster,
  directory: string,
  record: UpgradeRecord,
  jobId: string,
  run: RunJob,
): Promise<string> {
  const { database, postgres, tables } = record;
  const names = await leaves(
    cluster,
    database,
    tables.map(({ oid }) => oid),
  );
  const file = `${directory}/${FILES.backup}`;
  const paths = layout(cluster, postgres);
  const dump = programArguments(paths, 'pg_dump', [
    '--no-password',
    `--dbname=${connectionString(liveTarget(cluster, database))}`,
    '--format=custom',
    '--compress=1',
    `--file=${file}.partial`,
    ...names.map((name) => `--table=${name}`),
  ]);
  const check = programArguments(paths, 'pg_restore', ['--list', `${file}.partial`]);
  const script = `${header(directory)}
[ ! -e ${shellWord(file)} ] || { echo "the backup is there already"; exit 0; }
${shellCommand(dump)}
${shellCommand(check)} >/dev/null
sync -- ${shellWord(`${file}.partial`)}
mv ${shellWord(`${file}.partial`)} ${shellWord(file)}
echo "tables with vectors backed up: $(du -sh ${shellWord(file)} | cut -f1)"
`;
  if (names.length === 0) return 'there is no table with vectors';
  return succeed(run, `${cluster.name}: the backup of ${names.join(', ')}`, job(cluster, jobId, script));
}

/** Names of tables and their partitions as `pg_dump --table` wants them. */
async function leaves(cluster: Cluster, database: string, oids: number[]): Promise<string[]> {
  const rows = await withSql(cluster, { database }, (sql) =>
    sql.query<{ name: string }>(
      `select distinct format('"%s"."%s"', replace(n.nspname, '"', '""'), replace(c.relname, '"', '""')) as name
       from unnest($1::oid[]) t (oid) cross join lateral (select t.oid union select relid from pg_partition_tree(t.oid)) x
         join pg_class c on c.oid = x.oid join pg_namespace n on n.oid = c.relnamespace order by 1`,
      [oids],
    ),
  );
  return rows.map(({ name }) => name);
}

/**
 * Runs the upgrade's script as one job: the transaction goes on when the worker dies. One that found its work done says so.
 * @throws ConversionRefused when PostgreSQL refused it and put everything back.
 */
export async function convert(
  cluster: Cluster,
  directory: string,
  record: UpgradeRecord,
  jobId: string,
  run: RunJob,
): Promise<Marks> {
  const { database, postgres, extension, to } = record;
  const psql = shellCommand(
    psqlCommand(cluster, postgres, database, '--no-password', `--file=${directory}/${FILES.upgrade}`),
  );
  const end = await run(job(cluster, jobId, `${header(directory)}\n${psql}\n`), { restart: true });
  if (end.exitCode !== 0) throw refusal(`${cluster.name}: ${extension.name} ${extension.version} → ${to}`, end);
  return readMarks(end.output);
}

function refusal(what: string, end: JobEnd): Error {
  if (end.exitCode === undefined || AGAIN.test(end.output)) return new JobFailed(what, end);
  return new ConversionRefused(`${what} was refused, and PostgreSQL put everything back: ${errorOf(end.output)}`);
}

/** Makes sure of one index as a job that prints how far it is; the last line is the activity's heartbeat. */
export async function buildIndex(
  cluster: Cluster,
  at: { database: string; postgres: number; schema: string },
  index: BuildableIndex,
  jobId: string,
  run: RunJob,
): Promise<void> {
  const { database, postgres, schema } = at;
  const psql = shellCommand(psqlCommand(cluster, postgres, database, '--no-password', '--quiet', '--file=-'));
  const ask = shellCommand(
    psqlCommand(cluster, postgres, database, '--no-password', '-At', `--command=${progressSql(index)}`),
  );
  const script = `${header('/')}
${psql} <<'PGPASSAGE_INDEX' &
${ensureIndexScript(index, schema)}
PGPASSAGE_INDEX
building=$!
while kill -0 "$building" 2>/dev/null; do
  seen=$(${ask}) && [ -z "$seen" ] || echo "$seen"
  sleep 1
done
wait "$building"
echo ${shellWord(`index ${index.identity} is there`)}
`;
  await succeed(run, `${cluster.name}: index ${index.identity}`, job(cluster, jobId, script));
}

function progressSql(index: BuildableIndex): string {
  return `select ${literal(index.identity)} || ': ' || phase || ', ' || case when tuples_total > 0
      then tuples_done || ' of ' || tuples_total || ' tuples' else blocks_done || ' of ' || blocks_total || ' blocks' end
    from pg_stat_progress_create_index p where p.relid = ${literal(index.table)}::regclass`;
}

/** Runs `rollback.sh`, and believes what the catalog says. */
export async function rollBack(
  cluster: Cluster,
  directory: string,
  record: UpgradeRecord,
  jobId: string,
  run: RunJob,
): Promise<string> {
  const script = `${header('/')}\nexec sh ${shellWord(`${directory}/${FILES.rollbackScript}`)}\n`;
  const { extension, database } = record;
  const end = await run(job(cluster, jobId, script), { restart: true });
  if (end.exitCode !== 0) throw new JobFailed(`${cluster.name}: the rollback of ${extension.name} in ${database}`, end);
  const now = await withSql(cluster, { database }, (sql) => readExtension(sql, extension.name));
  if (now?.version !== extension.version) {
    throw new JobFailed(
      `${cluster.name}: ${extension.name} in ${database} is ${now?.version ?? 'gone'} after the rollback, which`,
      end,
    );
  }
  return end.output.trim().split('\n').at(-1)!;
}

/** Scripts run as the server's OS user, with the admin's password where there is one. */
function job(cluster: Cluster, id: string, script: string) {
  return { id, user: cluster.entry.osUser, script, secrets: passfile(cluster) };
}

function header(directory: string): string {
  return `set -eu
umask 077
[ ! -e "$PWD/secrets/pgpass" ] || export PGPASSFILE="$PWD/secrets/pgpass"
cd ${shellWord(directory)}`;
}
