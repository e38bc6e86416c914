import { identifier, literal } from '../../connection';
import type { Check, Found, PreflightContext } from '../check';
import type { ScratchServer } from '../scratch-server';
import { identity } from './sql';

interface DatabaseLocale {
  datname: string;
  encoding: string;
  provider: 'c' | 'i' | 'b';
  datcollate: string;
  datctype: string;
}

export const localeAndEncoding: Check = {
  name: 'locale-and-encoding',
  title: "The target version on this host knows every database's locale and provider",
  mechanism: 'catalog: pg_database; scratch server: made with the same locale, and asked for each one',
  async run(context) {
    const databases = await context.sql(undefined, (sql) =>
      sql.query<DatabaseLocale & Record<string, unknown>>(
        `select datname, pg_encoding_to_char(encoding) as encoding, datlocprovider::text as provider, datcollate, datctype
           from pg_database order by 1`,
      ),
    );
    const scratch = await context.scratch().catch((error: Error) => error);
    if (scratch instanceof Error) return withoutScratch(context, databases, scratch);
    const icu = databases.filter(({ provider }) => provider === 'i');
    const findings = icu.length > 0 && !(await hasIcu(scratch)) ? icu.map((database) => noIcu(context, database)) : [];
    const unknown = await unknownLocales(scratch, databases);
    return [
      ...findings,
      ...databases.flatMap((database) => {
        const missing = [...new Set([database.datcollate, database.datctype])].filter((locale) => unknown.has(locale));
        return missing.length > 0 ? [noLocale(context, database, missing)] : [];
      }),
    ];
  },
};

/** initdb itself fails where the build lacks ICU and template0 uses it; anything else is for others to tell. */
function withoutScratch(context: PreflightContext, databases: DatabaseLocale[], error: Error): Found[] {
  if (!/ICU is not supported/.test(error.message)) throw error;
  return databases.filter(({ provider }) => provider === 'i').map((database) => noIcu(context, database));
}

/** A build without ICU has some of its collations in pg_collation too (16 and later), and knows no version of them. */
async function hasIcu(scratch: ScratchServer): Promise<boolean> {
  const [{ icu }] = await scratch.query<{ icu: boolean }>(
    `select exists (select from pg_catalog.pg_collation where collprovider = 'i'
                     and pg_catalog.pg_collation_actual_version(oid) is not null) as icu`,
  );
  return icu;
}

function noIcu({ to }: PreflightContext, { datname }: DatabaseLocale): Found {
  return {
    ...{
      severity: 'blocker',
      effect: 'ends the upgrade',
      object: `database ${datname}`,
      database: datname,
      version: to.version,
    },
    seen: `it sorts by ICU, and PostgreSQL ${to.version} in ${to.binDirectory} is built without ICU`,
    action: `Install a build of PostgreSQL ${to.version} with ICU.`,
  };
}

/** lc_monetary takes any locale that the host has, whatever its encoding. */
async function unknownLocales(scratch: ScratchServer, databases: DatabaseLocale[]): Promise<Set<string>> {
  const locales = [...new Set(databases.flatMap(({ datcollate, datctype }) => [datcollate, datctype]))];
  const { stderr } = await scratch.script(
    locales.map((locale) => `set ${identifier('lc_monetary')} to ${literal(locale).trim()};`).join('\n'),
  );
  const lines = [...stderr.matchAll(/^psql:[^:]*:(\d+): ERROR/gm)].map(([, line]) => Number(line));
  return new Set(lines.map((line) => locales[line - 1]));
}

function noLocale({ cluster }: PreflightContext, { datname, encoding }: DatabaseLocale, missing: string[]): Found {
  return {
    ...{ severity: 'blocker', effect: 'ends the upgrade', object: `database ${datname}`, database: datname },
    seen: `its locale ${missing.join(', ')} (encoding ${encoding}) is not known on ${cluster.host.name}`,
    action: 'Generate it: locale-gen on Debian, glibc-langpack-… on RHEL. See locale -a.',
  };
}

export const collationVersionDrift: Check = {
  name: 'collation-version-drift',
  title: 'Indexes were built with the collations that this host has now',
  mechanism: 'catalog: recorded and actual versions in pg_database and pg_collation',
  async run(context) {
    const databases = await context.sql(undefined, (sql) =>
      sql.query<{ datname: string; recorded: string; actual: string | null }>(
        `select datname, datcollversion as recorded, pg_database_collation_actual_version(oid) as actual from pg_database
          where datcollversion is not null and datcollversion is distinct from pg_database_collation_actual_version(oid) order by 1`,
      ),
    );
    const collations = await context.inUpgradedDatabases((sql) =>
      sql.query<{ object: string; database: string; recorded: string; actual: string | null }>(
        `select ${identity('pg_collation', 'c.oid')} as object, current_database() as database,
                c.collversion as recorded, pg_collation_actual_version(c.oid) as actual
           from pg_collation c
          where c.collversion is not null and c.collversion is distinct from pg_collation_actual_version(c.oid)
            and exists (select from pg_depend d where d.refclassid = 'pg_collation'::regclass and d.refobjid = c.oid)`,
      ),
    );
    return [
      ...databases.map(({ datname, recorded, actual }) =>
        drifted({ object: `database ${datname}`, database: datname, recorded, actual }, `ALTER DATABASE "${datname}"`),
      ),
      ...collations.map((row) => drifted(row, `ALTER ${row.object.replace(/^collation/, 'COLLATION')}`)),
    ];
  },
};

function drifted(
  { object, database, recorded, actual }: { object: string; database: string; recorded: string; actual: string | null },
  alter: string,
): Found {
  return {
    ...{ severity: 'warning', effect: 'breaks later', object, database },
    seen: `its indexes were built with collation version ${recorded}; this host has ${actual ?? 'none'}: rows may not be found, keys may be twice`,
    action: `REINDEX what sorts by it, then ${alter} REFRESH COLLATION VERSION${object.startsWith('database') ? '' : ' in this database'}.`,
  };
}
