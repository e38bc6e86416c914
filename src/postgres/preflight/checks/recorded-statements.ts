import { qualified } from '../../connection';
import { SYSTEM_REPLACEMENTS } from '../replacements';
import type { Check, Found, PreflightContext } from '../check';
import { bodyNames } from '../statement-names';
import { goneNames } from './function-bodies';

interface Recorded {
  [column: string]: unknown;
  queryid: string;
  role: string;
  database: string;
  calls: string;
  query: string;
}

/** More than that nobody reads, and parsing them takes time. */
const MOST = 1000;

export const recordedStatements: Check = {
  name: 'recorded-statements',
  title: 'No statement that clients send asks for what the target does not have',
  mechanism: 'statement parser: names in the texts of pg_stat_statements against the catalog comparison',
  async run(context) {
    const comparison = await context.comparison();
    const pattern = `\\m(${[...new Set(comparison.goneColumns.map(({ column }) => column)), 'none'].join('|')})\\M`;
    const findings: Found[] = [];
    for (const statement of await recorded(context, pattern)) {
      const gone = goneNames(await bodyNames('sql', statement.query), comparison);
      if (gone.length > 0) findings.push(finding(statement, gone, context.to.version));
    }
    return findings;
  },
};

/** Those of the admin are left out: most are pgpassage's own. */
async function recorded(context: PreflightContext, pattern: string): Promise<Recorded[]> {
  const places = await context.inUpgradedDatabases((sql) =>
    sql.query<{ database: string; schema: string }>(
      `select current_database() as database, n.nspname as schema
         from pg_extension x join pg_namespace n on n.oid = x.extnamespace where x.extname = 'pg_stat_statements'`,
    ),
  );
  const [place] = places;
  // It records for all databases alike, and only where its library is preloaded.
  if (!place || !(await preloaded(context))) return [];
  return context.sql(place.database, (sql) =>
    sql.query<Recorded>(
      `select s.queryid::text, r.rolname as role, d.datname as database, s.calls::text, s.query
         from ${qualified(place.schema, 'pg_stat_statements')} s
         join pg_roles r on r.oid = s.userid join pg_database d on d.oid = s.dbid
        where s.query ~ $1 and r.rolname <> current_user order by s.calls desc limit ${MOST}`,
      [pattern],
    ),
  );
}

async function preloaded(context: PreflightContext): Promise<boolean> {
  const [{ there }] = await context.sql(undefined, (sql) =>
    sql.query<{ there: boolean }>(
      `select current_setting('shared_preload_libraries') ~ '\\mpg_stat_statements\\M' as there`,
    ),
  );
  return there;
}

// Without its text: what clients send may hold what is nobody's business.
function finding({ queryid, role, database, calls }: Recorded, gone: string[], version: number): Found {
  const hints = gone.flatMap((name) => SYSTEM_REPLACEMENTS[name] ?? []);
  return {
    ...{
      severity: 'warning',
      effect: 'breaks later',
      object: `statement ${queryid} of role ${role}`,
      database,
      version,
    },
    seen: `run ${calls} times, it asks for ${gone.join(', ')}, which PostgreSQL ${version} does not have; it will fail`,
    action: `Change whoever sends it (often a monitoring agent) with the phase${hints.length ? `: ${[...new Set(hints)].join('; ')}` : ''}. Its text: select query from pg_stat_statements where queryid = ${queryid}.`,
  };
}
