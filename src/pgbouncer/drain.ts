import { jobDirectory, type Job } from '../hosts/durable-job';
import { shellCommand } from '../hosts/quote';
import type { PgBouncerEntry } from '../inventory/schema';
import type { DrainInput } from '../migration/drain';
import { milliseconds } from '../migration/duration';
import { programArguments } from '../postgres/client-programs';
import type { Cluster, Layout } from '../postgres/cluster';
import { passfile, toolConnection } from '../postgres/tools';
import { adminPsql, type Pooler } from '../postgres/upgrade/drain-script';
import type { Drain } from '../postgres/upgrade/outage';
import { ConsoleFailed, consoleArguments, consoleIdentifier, consolePassLines, nameOf } from './console';
import { ours, pooledDatabases } from './databases';

/** Name of the password file among the job's secrets. */
const SECRET = 'pgpass';

/**
 * Lays out how the outage job holds clients back: which databases of which PgBouncer, and with which commands.
 * @throws ConsoleFailed when a PgBouncer can't be asked, or has none of the databases that are listed.
 */
export async function planDrain(
  cluster: Cluster,
  paths: Layout,
  job: Pick<Job, 'id' | 'user'>,
  input: DrainInput,
): Promise<Drain> {
  const { pgbouncer } = cluster.entry;
  const secret = `${jobDirectory(cluster.host, job)}/secrets/${SECRET}`;
  const poolers = await Promise.all(pgbouncer.map((bouncer) => poolersOf(cluster, paths, bouncer, secret)));
  const { pgpass } = passfile(cluster);
  const argv = programArguments(
    paths,
    'psql',
    [...toolConnection(cluster), `--dbname=${cluster.entry.admin.database}`],
    {
      ...(pgpass && { PGPASSFILE: secret }),
      PGAPPNAME: 'pgpassage',
    },
  );
  return {
    plan: {
      poolers: poolers.flat(),
      deadlineMs: milliseconds(input.deadline),
      then: input.then,
      readOnly: input.readOnly,
      psql: asReader(pgpass !== undefined, adminPsql(argv)),
    },
    // The admin's line fits everything, so it comes last.
    secrets: { [SECRET]: pgbouncer.map(consolePassLines).join('') + (pgpass ?? '') },
  };
}

async function poolersOf(cluster: Cluster, paths: Layout, bouncer: PgBouncerEntry, secret: string): Promise<Pooler[]> {
  const databases = ours(bouncer, await pooledDatabases(cluster, paths, bouncer));
  const absent = bouncer.databases?.find((name) => !databases.some((each) => each.name === name));
  if (absent !== undefined) throw new ConsoleFailed(`PgBouncer ${nameOf(bouncer)} has no database ${absent}`);
  const withPassword = bouncer.password !== undefined;
  const psql = (command: string) =>
    consoleArguments(paths, bouncer, command, withPassword ? { PGPASSFILE: secret } : {});
  return databases.map(({ name }) => ({
    name: `${name} on ${nameOf(bouncer)}`,
    pause: asReader(withPassword, shellCommand(psql(`PAUSE ${consoleIdentifier(name)}`))),
    // A PgBouncer that hangs must not keep the others' clients waiting.
    resume: asReader(withPassword, shellCommand(['timeout', '20', ...psql(`RESUME ${consoleIdentifier(name)}`)])),
  }));
}

/** Only the job's own user can read its password file; without one the socket knows the cluster's OS user. */
function asReader(withPassword: boolean, command: string): string {
  return withPassword ? command : `as_owner ${command}`;
}
