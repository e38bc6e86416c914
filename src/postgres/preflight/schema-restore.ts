import { connectionString, liveTarget, runProgram, withPasswordFile } from '../client-programs';
import type { PreflightContext } from './check';
import { named as label } from './checks/sql';
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
const TIMEOUT_MS = 30 * 60_000;

/** What pg_dumpall and pg_dump of the target version wrote of the running cluster. */
export interface SchemaDumps {
  globals: string;
  /** Files on the host, or why there is none. */
  databases: { database: string; file: string; failure?: string }[];
}

const DUMP_OPTIONS = ['--quote-all-identifiers', '--binary-upgrade', '--no-tablespaces'];

/**
 * Dumps the whole cluster's schema as pg_upgrade itself does (`--binary-upgrade`), because then extensions keep the
 * version that is installed and their objects are created one by one, as in the real run; a plain dump would create the
 * newest version. `--no-tablespaces`, or CREATE TABLESPACE would work in the live tablespaces' directories. Passwords are
 * left out, and so are large objects, which hold data only.
 */
export async function dumpSchemas(context: PreflightContext, directory: string): Promise<SchemaDumps> {
  const databases = await context.upgradedDatabases();
  return withPasswordFile(context.cluster, directory, async (environment) => {
    const dump = (name: string, database: string | undefined, options: string[]) => {
      const where = ['-w', '-d', connectionString(liveTarget(context.cluster, database))];
      const argv = [...where, ...options, ...DUMP_OPTIONS];
      return runProgram(context.cluster, context.to, name, argv, { environment, timeoutMs: TIMEOUT_MS });
    };
    const globals = await dump('pg_dumpall', undefined, ['--globals-only', '--no-role-passwords']);
    const dumps: SchemaDumps = { globals, databases: [] };
    // One after the other: the cluster is at work, and the other core is initdb's.
    for (const [index, database] of databases.entries()) {
      const file = `${directory}/schema-${index}.dump`;
      const options = ['--schema-only', '--format=custom', '--compress=0', '--no-large-objects'];
      const failure = await dump('pg_dump', database, [
        ...options,
        `--lock-wait-timeout=${LOCK_WAIT}`,
        `--file=${file}`,
      ])
        .then(() => undefined)
        .catch((error: Error) => error.message);
      dumps.databases.push({ database, file, failure });
    }
    return dumps;
  });
}

/** Restores the dumps into the scratch server and gathers what it refuses. */
export async function restoreSchemas(context: PreflightContext, scratch: ScratchServer): Promise<RestoreError[]> {
  const dumps = await context.schemaDumps();
  const errors = await restoreGlobals(scratch, dumps.globals);
  // pg_upgrade's own order: template1 first, through another database, since it is dropped and created anew.
  const first = dumps.databases.filter(({ database }) => database === 'template1');
  const rest = dumps.databases.filter(({ database }) => database !== 'template1');
  for (const dump of first) errors.push(...(await restoreDatabase(context, scratch, dump)));
  for (const [one, two] of pairs(rest)) {
    const both = [restoreDatabase(context, scratch, one), ...(two ? [restoreDatabase(context, scratch, two)] : [])];
    errors.push(...(await Promise.all(both)).flat());
  }
  return errors;
}

function pairs<T>(items: T[]): [T, T | undefined][] {
  return items.flatMap((item, index): [T, T | undefined][] => (index % 2 === 0 ? [[item, items[index + 1]]] : []));
}

async function restoreGlobals(scratch: ScratchServer, dump: string): Promise<RestoreError[]> {
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
  { database, file, failure }: SchemaDumps['databases'][number],
): Promise<RestoreError[]> {
  if (failure !== undefined) return [{ database, object: `database ${database}`, message: failure }];
  const through = connectionString(scratch.target(database === 'template1' ? 'postgres' : 'template1'));
  const existing = ['template1', 'postgres'].includes(database) ? ['--clean'] : [];
  const { stderr } = await scratch.tryRun('pg_restore', [
    '--verbose',
    '--create',
    '--no-tablespaces',
    ...existing,
    '-d',
    through,
    file,
  ]);
  return named(context, database, restoreErrors(stderr));
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

/** A name for people, and the extension that the object is a part of: what it is refused for is the extension's matter. */
interface KnownObject {
  [column: string]: unknown;
  catalog: number;
  oid: number;
  name: string;
  extension: string | null;
}

async function named(context: PreflightContext, database: string, errors: TocError[]): Promise<RestoreError[]> {
  const known = errors.filter((error) => error.oid !== 0);
  const names =
    known.length === 0
      ? []
      : await context.sql(database, (sql) =>
          sql.query<KnownObject>(
            `select e.catalog, e.oid, ${label('i')} as name,
              (select quote_ident(x.extname) from pg_depend d join pg_extension x on x.oid = d.refobjid
                where d.classid = e.catalog and d.objid = e.oid and d.deptype = 'e') as extension
         from unnest($1::oid[], $2::oid[]) e (catalog, oid), pg_identify_object(e.catalog, e.oid, 0) i
        where i.identity is not null`,
            [known.map((error) => error.catalog), known.map((error) => error.oid)],
          ),
        );
  return errors.map((error) => {
    const { message, catalog, oid } = error;
    const object = names.find((row) => row.catalog === catalog && row.oid === oid);
    if (object?.extension)
      return { database, object: `extension ${object.extension}`, message: `${object.name}: ${message}` };
    return { database, object: object?.name ?? entryName(error, database), message };
  });
}

/** Entries without an OID of their own, such as `DATABASE PROPERTIES app postgres` and `ACL FUNCTION "f"("text") owner`. */
function entryName({ entry }: TocError, database: string): string {
  const privileges = /^ACL \w+ (.*) \S+$/.exec(entry);
  if (privileges) return `privileges on ${privileges[1].replaceAll('"', '')}`;
  return entry.startsWith('DATABASE') ? `database ${database}` : entry;
}
