import type { Check, Found } from '../check';
import { some } from './sql';

/** Facts that mean something else from a version on, each with the rows that it holds for. */
interface Change {
  version: number;
  severity: Found['severity'];
  /** Returns one row with a name each; run in every database, or once for what belongs to none. */
  query: string;
  global?: boolean;
  object: (names: string[]) => string;
  seen: string;
  action: string;
}

const CHANGES: Change[] = [
  {
    version: 16,
    severity: 'notice',
    global: true,
    query:
      'select quote_ident(rolname) as name from pg_roles where rolcreaterole and not rolsuper and oid >= 16384 order by 1',
    object: (names) => `roles ${some(names)}`,
    seen: 'they have CREATEROLE without being superusers: from 16 on that lets them change only roles which they were given WITH ADMIN OPTION',
    action: 'See which roles they have to manage, and GRANT those to them WITH ADMIN OPTION.',
  },
  {
    version: 16,
    severity: 'warning',
    query: `select c.conrelid::regclass::text as name from pg_constraint c join pg_index i on i.indexrelid = c.conindid
             where c.contype = 'p' and i.indnullsnotdistinct order by 1`,
    object: (names) => `tables ${some(names)}`,
    seen: 'their primary keys lie on an index with NULLS NOT DISTINCT; the clause is gone after the upgrade',
    action: 'Nothing is lost: a key column is never null. Compare index definitions with that in mind.',
  },
  {
    version: 18,
    severity: 'notice',
    query: `select format('%s on %s', tgname, tgrelid::regclass) as name from pg_trigger where tgdeferrable and not tgisinternal order by 1`,
    object: (names) => `triggers ${some(names)}`,
    seen: 'they can be deferred: from 18 on they run as the role that queued them, not as the one that commits',
    action: 'See whether a session changes its role (SET ROLE) between the statement and the commit.',
  },
  {
    version: 18,
    severity: 'warning',
    query: `select indexrelid::regclass::text as name from pg_index i
             where exists (select from pg_database where datname = current_database() and datlocprovider <> 'c')
               and exists (select from pg_opclass o where o.oid = any (i.indclass)
                            and o.opcname in ('tsvector_ops', 'gin_trgm_ops', 'gist_trgm_ops')) order by 1`,
    object: (names) => `indexes ${some(names)}`,
    seen: "text search and pg_trgm follow the database's own collation provider from 18 on, so words may be cut and folded otherwise",
    action: 'REINDEX them after the phase.',
  },
];

export const changedBehaviour: Check = {
  name: 'changed-behaviour',
  title: 'What keeps its name and changes its meaning is known',
  mechanism: 'catalog: each known change and what it holds for',
  async run(context) {
    const findings: Found[] = [];
    const crossed = CHANGES.filter(({ version }) => version > context.from.version && version <= context.to.version);
    for (const change of crossed) {
      for (const database of change.global ? [undefined] : await context.upgradedDatabases()) {
        const rows = await context.sql(database, (sql) => sql.query<{ name: string }>(change.query));
        if (rows.length === 0) continue;
        const { version, severity, seen, action } = change;
        const object = change.object(rows.map(({ name }) => name));
        findings.push({ severity, effect: 'changes meaning', object, database, version, seen, action });
      }
    }
    return findings;
  },
};
