import { join } from 'node:path';
import { run } from './command';
import { freePort } from './free-port';
import { asUser } from './os-user';
import { openServer, type SandboxServer } from './postgres-server';
import { ADMIN } from './server-files';

/** How a standby differs from the next one. */
export interface StandbyOptions {
  /** Its name in pg_stat_replication, and of its directory below the primary's root. */
  name: string;
  /** Whether it has a replication slot of that name. */
  slot?: boolean;
  /** Connects by TCP with the admin's password, which then stands in its primary_conninfo; else by the Unix socket. */
  password?: boolean;
  /** Lines for its own postgresql.conf. */
  settings?: Record<string, string>;
  /** Tablespaces of the primary and where the standby has them. */
  tablespaces?: Record<string, string>;
}

/** Builds a running standby of a running server, in `ROOT/NAME/VERSION/main` on a port of its own. */
export async function createStandby(primary: SandboxServer, options: StandbyOptions): Promise<SandboxServer> {
  const { name, slot = false, password = false, settings = {}, tablespaces = {} } = options;
  const root = join(primary.root, name);
  const dataDirectory = join(root, String(primary.version), 'main');
  const port = await freePort();
  const place = password ? '127.0.0.1' : primary.socketDirectory;
  const conninfo = `host=${place} port=${primary.port} user=${ADMIN} application_name=${name}`;
  await run(asUser(primary.osUser, ['mkdir', '-p', '-m', '700', join(root, String(primary.version))]));
  const backup = [join(primary.binDirectory, 'pg_basebackup'), '--pgdata', dataDirectory, '--dbname', conninfo];
  const slotArguments = slot ? ['--create-slot', '--slot', name] : [];
  const mappings = Object.entries(tablespaces).map(([from, to]) => `--tablespace-mapping=${from}=${to}`);
  const argv = [...backup, '--checkpoint=fast', '--write-recovery-conf', ...slotArguments, ...mappings];
  await run(asUser(primary.osUser, argv), { env: password ? { PGPASSWORD: primary.adminPassword } : {} });
  const lines = Object.entries({ port: String(port), ...settings }).map(([key, value]) => `${key} = '${value}'\n`);
  const append = ['sh', '-c', 'cat >>"$1"', 'sh', join(dataDirectory, 'postgresql.conf')];
  await run(asUser(primary.osUser, append), { input: lines.join('') });
  const standby = openServer({ ...primary, root, port, dataDirectory, logFile: join(root, `${primary.version}.log`) });
  await standby.start();
  return standby;
}
