import type { Check, Found, PreflightContext } from '../check';
import { bodyNames, type StatementNames, type WrittenName } from '../statement-names';
import { identity } from './sql';

/** A function with a body that is text, and with no search_path of its own. */
interface Candidate {
  oid: number;
  object: string;
  schema: string;
  name: string;
  language: 'sql' | 'plpgsql';
  text: string;
  /** The planner puts its body into the expression, and so looks its names up under pg_dump's empty search_path. */
  inlined: boolean;
}

interface Use {
  object: string;
  database: string;
  /** Planned when it is created; the others only when they are computed. */
  planned: boolean;
  function: number;
}

/** From this version on ANALYZE, REINDEX, REFRESH, CLUSTER and autovacuum run with a search_path of pg_catalog alone. */
const SAFE_PATH_FROM = 17;

export const expressionIndexFunctions: Check = {
  name: 'expression-index-functions',
  title: 'No index, generated column, partition key or materialized view calls a function that depends on search_path',
  mechanism: 'catalog: what depends on functions; statement parser: unqualified names in their bodies',
  async run(context) {
    return context.inUpgradedDatabases(async (sql) => {
      const uses = await sql.query<Use & Record<string, unknown>>(USES);
      if (uses.length === 0) return [];
      const candidates = await sql.query<Candidate & Record<string, unknown>>(CANDIDATES);
      const [system] = await sql.query<{ names: string[] }>(SYSTEM_NAMES);
      const judge = unqualifiedNames(candidates, new Set(system.names));
      const findings: Found[] = [];
      for (const use of uses) {
        const candidate = candidates.find(({ oid }) => oid === use.function);
        const names = candidate ? await judge(candidate) : [];
        if (candidate && names.length > 0) findings.push(finding(context, use, candidate, names));
      }
      return findings;
    });
  },
};

// Dependencies on operators lead to functions as well.
const USES = `
  with uses (object, planned, classid, objid) as (
    select ${identity('pg_class', 'i.indexrelid')}, true, 'pg_class'::regclass, i.indexrelid from pg_index i
     where i.indexprs is not null or i.indpred is not null
    union all
    select ${identity('pg_class', 'f.adrelid', 'f.adnum')}, true, 'pg_attrdef'::regclass, f.oid from pg_attrdef f
      join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum and a.attgenerated <> ''
    union all
    select ${identity('pg_class', 'p.partrelid')}, true, 'pg_class'::regclass, p.partrelid from pg_partitioned_table p
     where p.partexprs is not null
    union all
    select ${identity('pg_class', 'c.oid')}, false, 'pg_rewrite'::regclass, r.oid from pg_rewrite r
      join pg_class c on c.oid = r.ev_class and c.relkind = 'm'
    union all
    select ${identity('pg_statistic_ext', 'x.oid')}, false, 'pg_statistic_ext'::regclass, x.oid from pg_statistic_ext x
     where x.stxexprs is not null
  )
  select distinct u.object, current_database() as database, u.planned, coalesce(o.oprcode::oid, d.refobjid) as function
    from uses u
    join pg_depend d on d.classid = u.classid and d.objid = u.objid and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
    left join pg_operator o on d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid
   order by 1`;

const CANDIDATES = `
  select p.oid, ${identity('pg_proc', 'p.oid')} as object, n.nspname as schema, p.proname as name,
         l.lanname as language, case l.lanname when 'sql' then p.prosrc else pg_get_functiondef(p.oid) end as text,
         l.lanname = 'sql' and not p.prosecdef and not p.proretset and p.proconfig is null as inlined
    from pg_proc p join pg_language l on l.oid = p.prolang join pg_namespace n on n.oid = p.pronamespace
   where l.lanname in ('sql', 'plpgsql') and p.prosqlbody is null and p.prokind = 'f' and p.oid >= 16384
     and not exists (select from unnest(p.proconfig) c where c like 'search_path=%')`;

const SYSTEM_NAMES = `
  select array(select 'f ' || proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace
         union select 'r ' || relname from pg_class where relnamespace = 'pg_catalog'::regnamespace
         union select 't ' || typname from pg_type where typnamespace = 'pg_catalog'::regnamespace
         union select 'o ' || oprname from pg_operator where oprnamespace = 'pg_catalog'::regnamespace) as names`;

/** Finds names that are not pg_catalog's and stand without a schema, in a body or in those that it calls. */
function unqualifiedNames(
  candidates: Candidate[],
  system: ReadonlySet<string>,
): (from: Candidate) => Promise<string[]> {
  const seen = new Map<number, string[]>();
  const judge = async (candidate: Candidate): Promise<string[]> => {
    const known = seen.get(candidate.oid);
    if (known) return known;
    seen.set(candidate.oid, []);
    const { statements } = await bodyNames(candidate.language, candidate.text);
    const names = new Set(statements.flatMap((statement) => unqualified(statement, system)));
    for (const called of statements.flatMap((statement) => statement.functions)) {
      for (const next of candidates.filter(({ schema, name }) => schema === called.schema && name === called.name)) {
        for (const name of await judge(next)) names.add(`${name} (in ${next.object})`);
      }
    }
    seen.set(candidate.oid, [...names]);
    return [...names];
  };
  return judge;
}

function unqualified(statement: StatementNames, system: ReadonlySet<string>): string[] {
  const lists: [string, WrittenName[]][] = [
    ...([
      ['f', statement.functions],
      ['r', statement.relations],
    ] as [string, WrittenName[]][]),
    ...([
      ['t', statement.types],
      ['o', statement.operators],
    ] as [string, WrittenName[]][]),
  ];
  return lists.flatMap(([kind, names]) =>
    names.filter(({ schema, name }) => schema === undefined && !system.has(`${kind} ${name}`)).map(({ name }) => name),
  );
}

function finding({ to }: PreflightContext, use: Use, candidate: Candidate, names: string[]): Found {
  const { object, database } = use;
  const about = `it uses ${candidate.object}, whose body says ${names.join(', ')} without a schema`;
  const action =
    `ALTER ${candidate.object.replace(/^function/, 'FUNCTION')} SET search_path = ${candidate.schema}, pg_catalog ` +
    '(and each schema that it needs), or write the schema before each name in it.';
  if (use.planned && candidate.inlined) {
    return {
      ...{ severity: 'blocker', effect: 'ends the upgrade', object, database, version: to.version },
      seen: `${about}; pg_upgrade creates this under an empty search_path, does not find them, and ends`,
      action,
    };
  }
  const bites = to.version >= SAFE_PATH_FROM;
  return {
    ...{ severity: bites ? 'blocker' : 'warning', effect: 'breaks later', object, database, version: SAFE_PATH_FROM },
    ...(bites ? { judgement: true as const } : {}),
    seen: `${about}; from ${SAFE_PATH_FROM} on ANALYZE, REINDEX, REFRESH, CLUSTER and autovacuum run under search_path pg_catalog and fail on it`,
    action,
  };
}
