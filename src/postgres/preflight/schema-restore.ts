import { removeTree } from '../../hosts/files';
import { connectionString, liveTarget, withPasswordFile } from '../client-programs';
import type { PreflightContext } from './check';
import type { ScratchServer } from './scratch-server';

/** One object that the target version did not take. */
export interface RestoreError {
  /** Absent for what belongs to no database. */
  database?: string;
  /** As `pg_identify_object` writes it, such as `view public.v`. */
  object: string;
  message: string;
}

/** Beyond it, a table that somebody keeps locked would keep the pre-flight waiting, and everybody else behind it. */
const LOCK_WAIT = '30s';

/**
 * Restores the schema of the whole cluster into the scratch server and gathers what it refuses.
 *
 * The dump is the one that pg_upgrade itself makes (`--binary-upgrade`), because then extensions keep the version that is
 * installed and their objects are created one by one, as in the real run; a plain restore would create the newest
 * version. `--no-tablespaces`, or CREATE TABLESPACE would work in the live tablespaces' directories. Passwords are left
 * out, and so are large objects, which hold data only.
 */
export async function restoreSchemas(context: PreflightContext, scratch: ScratchServer): Promise<RestoreError[]> {
  const databases = await context.upgradedDatabases();
  return withPasswordFile(context.cluster, scratch.directory, async (environment) => {
    const errors = await restoreGlobals(context, scratch, environment);
    // pg_upgrade's own order: template1 first, through another database, since it is dropped and created anew.
    const order = [...databases.filter((name) => name === 'template1'), ...databases.filter((name) => name !== 'template1')];
    for (const database of order) errors.push(...(await restoreDatabase(context, scratch, database, environment)));
    return errors;
  });
}

const DUMP_OPTIONS = ['--quote-all-identifiers', '--binary-upgrade', '--no-tablespaces'];

async function restoreGlobals(
  context: PreflightContext,
  scratch: ScratchServer,
  environment: Record<string, string>,
): Promise<RestoreError[]> {
  const where = ['-w', '-d', connectionString(liveTarget(context.cluster))];
  const options = ['--globals-only', '--no-role-passwords', ...DUMP_OPTIONS];
  const dump = await scratch.run('pg_dumpall', [...where, ...options], environment);
  const { stderr } = await scratch.script(dump);
  const lines = dump.split('\n');
  return [...stderr.matchAll(/^psql:[^:]*:(\d+): ERROR: +\w+: (.*)$/gm)].map(([, line, message]) => ({
    object: globalObject(lines[Number(line) - 1]),
    message,
  }));
}

/** `ALTER ROLE "app" SET "x" TO 'y'` is about `role app`. The value is nobody's business. */
function globalObject(statement: string): string {
  const role = /^(?:CREATE|ALTER) ROLE "((?:[^"]|"")*)"/.exec(statement);
  return role ? `role ${role[1].replaceAll('""', '"')}` : statement.replace(/ TO .*/, '');
}

async function restoreDatabase(
  context: PreflightContext,
  scratch: ScratchServer,
  database: string,
  environment: Record<string, string>,
): Promise<RestoreError[]> {
  const file = `${scratch.directory}/schema.dump`;
  const from = connectionString(liveTarget(context.cluster, database));
  const options = ['--schema-only', '--format=custom', '--compress=0', '--no-large-objects', `--lock-wait-timeout=${LOCK_WAIT}`];
  try {
    await scratch.run('pg_dump', ['-w', '-d', from, ...options, ...DUMP_OPTIONS, `--file=${file}`], environment);
    const through = connectionString(scratch.target(database === 'template1' ? 'postgres' : 'template1'));
    const existing = ['template1', 'postgres'].includes(database) ? ['--clean'] : [];
    const { stderr } = await scratch.tryRun('pg_restore', ['--create', ...existing, '-d', through, file]);
    return await named(context, database, restoreErrors(stderr));
  } finally {
    await removeTree(context.cluster.host, file, context.cluster.entry.osUser);
  }
}

/** One failure in pg_restore's output; `catalog` and `oid` say which object it was in the old cluster. */
export interface TocError {
  catalog: number;
  oid: number;
  /** As the table of contents has it: kind, name, owner. */
  entry: string;
  message: string;
}

/**
 * Reads pg_restore's messages. The statements that it prints beside them are left out: they may hold passwords, of user
 * mappings and subscriptions.
 */
export function restoreErrors(stderr: string): TocError[] {
  const errors: TocError[] = [];
  let entry = { catalog: 0, oid: 0, entry: 'the database' };
  for (const line of stderr.split('\n')) {
    const toc = /^pg_restore: from TOC entry \d+; (\d+) (\d+) (.*)$/.exec(line);
    if (toc) entry = { catalog: Number(toc[1]), oid: Number(toc[2]), entry: toc[3] };
    const error = /^pg_restore: error: (.*)$/.exec(line);
    if (error) errors.push({ ...entry, message: error[1].replace(/^could not execute query: ERROR: +/, '') });
  }
  return errors;
}

async function named(context: PreflightContext, database: string, errors: TocError[]): Promise<RestoreError[]> {
  if (errors.length === 0) return [];
  const known = errors.filter((error) => error.oid !== 0);
  const names = await context.sql(database, (sql) =>
    sql.query<{ catalog: string; oid: string; name: string }>(
      `select e.catalog, e.oid, i.type || ' ' || i.identity as name
         from unnest($1::oid[], $2::oid[]) e (catalog, oid), pg_identify_object(e.catalog, e.oid, 0) i
        where i.identity is not null`,
      [known.map((error) => error.catalog), known.map((error) => error.oid)],
    ),
  );
  const name = (error: TocError) =>
    names.find((row) => Number(row.catalog) === error.catalog && Number(row.oid) === error.oid)?.name;
  return errors.map((error) => ({ database, object: name(error) ?? entryName(error, database), message: error.message }));
}

/** `DATABASE PROPERTIES app postgres` and the like: entries without an OID of their own. */
function entryName({ entry }: TocError, database: string): string {
  return entry.startsWith('DATABASE') ? `database ${database}` : entry;
}
