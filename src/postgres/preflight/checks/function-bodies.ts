import { SYSTEM_REPLACEMENTS } from '../replacements';
import type { CatalogComparison } from '../catalog-comparison';
import type { Check, Found, PreflightContext } from '../check';
import { bodyNames, type BodyNames } from '../statement-names';
import { validationErrors } from '../validate-functions';
import { identity, own, some } from './sql';

interface StringBody {
  object: string;
  database: string;
  language: 'sql' | 'plpgsql';
  source: string;
  definition: string;
}

export const functionBodies: Check = {
  name: 'function-bodies',
  title: 'No function, and no view by a setting, asks for what the target does not have when it runs',
  mechanism:
    'statement parser: names in the bodies against the catalog comparison; scratch restore: each body is compiled',
  afterRestore: true,
  async run(context) {
    const comparison = await context.comparison();
    const bodies = await stringBodies(context);
    const findings: Found[] = [];
    const unjudged: Unjudged = { dynamic: new Map(), unparsed: new Map() };
    for (const body of bodies) {
      const names = await bodyNames(body.language, body.language === 'sql' ? body.source : body.definition);
      const gone = goneNames(names, comparison);
      if (gone.length > 0) findings.push(goneFinding(context, body, gone));
      if (names.dynamic > 0) add(unjudged.dynamic, body);
      if (names.unparsed.length > 0) add(unjudged.unparsed, body);
    }
    const compiled = await compileFindings(
      context,
      new Set(findings.map(({ database, object }) => `${database}|${object}`)),
    );
    return [...findings, ...(await viewFindings(context, comparison)), ...compiled, ...notices(unjudged)];
  },
};

async function stringBodies(context: PreflightContext): Promise<StringBody[]> {
  return context.inUpgradedDatabases((sql) =>
    sql.query<StringBody & Record<string, unknown>>(
      `select ${identity('pg_proc', 'p.oid')} as object, current_database() as database, l.lanname as language,
              p.prosrc as source, pg_get_functiondef(p.oid) as definition
         from pg_proc p join pg_language l on l.oid = p.prolang
        where l.lanname in ('sql', 'plpgsql') and p.prosqlbody is null and p.prokind in ('f', 'p')
          and ${own('pg_proc', 'p.oid')} order by 1`,
    ),
  );
}

/** What a body names that is gone: columns of system relations, functions, settings. */
export function goneNames(body: BodyNames, comparison: CatalogComparison): string[] {
  const gone = new Set<string>();
  const all = body.statements.flatMap((statement) => statement.columns);
  for (const statement of body.statements) {
    for (const { relationName, column } of comparison.goneColumns) {
      const uses = statement.relations.filter(({ schema, name }) => name === relationName && isSystem(schema));
      if (uses.length === 0) continue;
      const qualifiers = [undefined, ...uses.flatMap(({ name, alias }) => [name, alias])];
      const here = statement.columns.some((used) => used.column === column && qualifiers.includes(used.qualifier));
      // A record that holds the whole row is read in another statement of the same body.
      const later = statement.star && all.some((used) => used.column === column && used.qualifier !== undefined);
      if (here || later) gone.add(`${relationName}.${column}`);
    }
    for (const routine of comparison.goneFunctions) {
      const overloaded = comparison.target.functions.some(({ name }) => name === routine.name);
      const called = statement.functions.some(({ schema, name }) => name === routine.name && isSystem(schema));
      if (called && !overloaded) gone.add(`${routine.name}()`);
    }
    for (const name of statement.settings) if (comparison.goneSettings.includes(name)) gone.add(`the setting ${name}`);
  }
  return [...gone];
}

function isSystem(schema: string | undefined): boolean {
  return schema === undefined || schema === 'pg_catalog' || schema === 'information_schema';
}

function goneFinding({ to }: PreflightContext, { object, database }: StringBody, gone: string[]): Found {
  const hints = gone.flatMap((name) => SYSTEM_REPLACEMENTS[name] ?? []);
  return {
    ...{ severity: 'warning', effect: 'breaks later', object, database, version: to.version },
    seen: `its body asks for ${gone.join(', ')}, which PostgreSQL ${to.version} does not have; the upgrade passes, and its next call fails`,
    action: `Replace it right after the phase${hints.length ? `: ${[...new Set(hints)].join('; ')}` : ''}.`,
  };
}

/** Views keep the text of what they hand to current_setting() as a constant, which no restore looks at. */
async function viewFindings(context: PreflightContext, comparison: CatalogComparison): Promise<Found[]> {
  if (comparison.goneSettings.length === 0) return [];
  const pattern = `current_setting\\s*\\(\\s*'(${comparison.goneSettings.join('|')})'`;
  const rows = await context.inUpgradedDatabases((sql) =>
    sql.query<{ object: string; database: string; setting: string }>(
      `select ${identity('pg_class', 'c.oid')} as object, current_database() as database,
              (regexp_match(pg_get_viewdef(c.oid), $1, 'i'))[1] as setting
         from pg_class c where c.relkind in ('v', 'm') and ${own('pg_class', 'c.oid')} and pg_get_viewdef(c.oid) ~* $1`,
      [pattern],
    ),
  );
  return rows.map(({ object, database, setting }) => ({
    ...{ severity: 'warning', effect: 'breaks later', object, database, version: context.to.version },
    seen: `it asks for the setting ${setting}, which PostgreSQL ${context.to.version} does not have; the upgrade passes, and reading it fails`,
    action: 'Create it anew without that setting.',
  }));
}

async function compileFindings(context: PreflightContext, known: ReadonlySet<string>): Promise<Found[]> {
  const errors = await validationErrors(context);
  return errors
    .filter(({ database, object }) => !known.has(`${database}|${object}`))
    .map(({ database, object, message }) => ({
      ...{ severity: 'warning', effect: 'breaks later', object, database, version: context.to.version },
      seen: `PostgreSQL ${context.to.version} refuses its body, which the running version takes: ${message}`,
      action: 'Correct the body to what both versions take, or replace it right after the phase.',
    }));
}

/** Functions by database about which nothing, or not all, can be said. */
interface Unjudged {
  dynamic: Map<string, string[]>;
  unparsed: Map<string, string[]>;
}

function add(map: Map<string, string[]>, { database, object }: StringBody): void {
  map.set(database, [...(map.get(database) ?? []), object]);
}

function notices({ dynamic, unparsed }: Unjudged): Found[] {
  const base = { severity: 'notice', effect: 'none' } as const;
  return [
    ...[...dynamic].map(([database, objects]) => ({
      ...{ ...base, object: 'dynamic SQL', database },
      seen: `${objects.length} put statements together when they run, which nobody can judge beforehand: ${some(objects)}`,
      action: 'Run what uses them on the rehearsal or soon after the phase.',
    })),
    ...[...unparsed].map(([database, objects]) => ({
      ...{ ...base, object: 'bodies that were not understood', database },
      seen: `${objects.length} could not be taken apart, so the names in them were not compared: ${some(objects)}`,
      action: 'Run them on the rehearsal or soon after the phase.',
    })),
  ];
}
