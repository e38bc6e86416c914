import type { Check, Found } from '../check';
import { identity } from './sql';

/** Their values are OIDs of objects whose OIDs pg_upgrade does not keep. regclass, regrole and regtype are kept. */
const REG_TYPES = [
  ...[
    'regcollation',
    'regconfig',
    'regdictionary',
    'regnamespace',
    'regoper',
    'regoperator',
    'regproc',
    'regprocedure',
  ],
];

/** Its format on disk changed in 16. */
const ACLITEM_CHANGED = 16;

// As pg_upgrade does it: from the types themselves through domains, arrays, composite types and ranges over them.
const QUERY = `
  with recursive roots (oid, root) as (
    select t.oid, t.typname::text from pg_type t
     where t.typnamespace = 'pg_catalog'::regnamespace and t.typname = any ($1)
    union all
    select t.oid, 'row of ' || t.typname from pg_type t
     where t.typtype = 'c' and (t.oid < 16384 or t.typnamespace = 'information_schema'::regnamespace)
  ), holds (part, whole) as materialized (
    select typbasetype, oid from pg_type where typtype = 'd'
    union all select typelem, oid from pg_type where typtype = 'b' and typelem <> 0
    union all select rngsubtype, rngtypid from pg_range
    union all select m.atttypid, c.reltype from pg_class c join pg_attribute m on m.attrelid = c.oid
               where c.relkind = 'c' and not m.attisdropped
  ), affected (oid, root) as (
    select oid, root from roots
    union
    select h.whole, a.root from affected a join holds h on h.part = a.oid
  )
  select ${identity('pg_class', 'c.oid', 'm.attnum')} as object, current_database() as database,
         format_type(m.atttypid, m.atttypmod) as type, min(f.root) as root
    from affected f
    join pg_attribute m on m.atttypid = f.oid and m.attnum > 0 and not m.attisdropped
    join pg_class c on c.oid = m.attrelid and c.relkind in ('r', 'm', 'p')
   where c.oid >= 16384 and c.relnamespace <> 'information_schema'::regnamespace
     and c.relpersistence <> 't' group by 1, 2, 3 order by 1`;

export const dataTypes: Check = {
  name: 'data-types',
  title: 'No table holds a type whose values mean something else, or nothing, in the target',
  mechanism: 'catalog: the types of all columns; catalog comparison: types that are gone',
  async run(context) {
    const { goneTypes } = await context.comparison();
    const crossesAclitem = context.from.version < ACLITEM_CHANGED && context.to.version >= ACLITEM_CHANGED;
    const types = [...REG_TYPES, ...(crossesAclitem ? ['aclitem'] : []), ...goneTypes];
    const rows = await context.inUpgradedDatabases((sql) =>
      sql.query<{ object: string; database: string; type: string; root: string }>(QUERY, [types]),
    );
    return rows.map(({ object, database, type, root }): Found => ({
      ...{ severity: 'blocker', effect: 'ends the upgrade', object, database, version: context.to.version },
      seen: `its type ${type}${type === root ? '' : ` holds ${root}, which`} can't be carried over: ${reason(root, goneTypes)}`,
      action: `Turn it into text, and back after the phase: ALTER TABLE … ALTER COLUMN … TYPE text, or drop the column.`,
    }));
  },
};

function reason(root: string, gone: string[]): string {
  if (gone.includes(root)) return 'the target version has no such type';
  if (root === 'aclitem') return 'its format changed in 16';
  return root.startsWith('row of ')
    ? 'a row type of a system catalog, whose columns change'
    : 'its values are OIDs that change';
}
