import { identifier } from '../../connection';
import { signatureOf, type CatalogComparison } from '../catalog-comparison';
import type { Check, Found } from '../check';
import { some } from './sql';

interface Changed {
  [column: string]: unknown;
  class: 'function' | 'relation' | 'column';
  oid: number;
  column: number;
  database: string;
  granted: string[];
}

// pg_dump writes out what differs from the privileges that initdb gave, or from the defaults where it gave none.
const QUERY = `
  select x.class, x.oid, x."column", current_database() as database,
         array(select distinct coalesce(r.rolname::text, 'PUBLIC') from aclexplode(x.acl) a left join pg_roles r on r.oid = a.grantee
                where (a.grantee, a.privilege_type) not in (select b.grantee, b.privilege_type from aclexplode(x.initial) b)) as granted
    from (select 'function' as class, p.oid, 0 as "column", p.proacl as acl, coalesce(i.initprivs, acldefault('f', p.proowner)) as initial
            from pg_proc p left join pg_init_privs i on i.objoid = p.oid and i.classoid = 'pg_proc'::regclass
           where p.oid = any ($1::oid[])
          union all
          select 'relation', c.oid, 0, c.relacl, coalesce(i.initprivs, acldefault('r', c.relowner))
            from pg_class c left join pg_init_privs i on i.objoid = c.oid and i.classoid = 'pg_class'::regclass and i.objsubid = 0
           where c.oid = any ($2::oid[])
          union all
          select 'column', a.attrelid, a.attnum, a.attacl, i.initprivs
            from pg_attribute a left join pg_init_privs i
              on i.objoid = a.attrelid and i.classoid = 'pg_class'::regclass and i.objsubid = a.attnum
           where a.attrelid = any ($3::oid[])) x
   where x.acl is not null and (
         exists (select grantee, privilege_type from aclexplode(x.acl) except select grantee, privilege_type from aclexplode(x.initial))
      or exists (select grantee, privilege_type from aclexplode(x.initial) except select grantee, privilege_type from aclexplode(x.acl)))
   order by 1, 2, 3`;

export const grantsOnSystemObjects: Check = {
  name: 'grants-on-system-objects',
  title: 'No privilege is granted on a system object that the target does not have',
  mechanism: 'catalog comparison: system functions, columns and relations; their privileges',
  async run(context) {
    const comparison = await context.comparison();
    const { goneSignatures, goneColumns } = comparison;
    const rows = await context.inUpgradedDatabases((sql) =>
      sql.query<Changed>(QUERY, [
        goneSignatures.map(({ oid }) => oid),
        goneRelations(comparison),
        goneColumns.map(({ relation }) => relation),
      ]),
    );
    return rows.flatMap((row) => {
      const names = namesOf(row, comparison);
      return names ? [finding(row, names, context.to.version)] : [];
    });
  },
};

/** Relations of which no column is left. */
function goneRelations({ goneColumns, target }: CatalogComparison): number[] {
  const there = new Set(target.columns.map(({ schema, relationName }) => `${schema}.${relationName}`));
  const gone = goneColumns.filter(({ schema, relationName }) => !there.has(`${schema}.${relationName}`));
  return [...new Set(gone.map(({ relation }) => relation))];
}

/** The object, and how REVOKE writes it; undefined for a column that is still there. */
function namesOf(row: Changed, comparison: CatalogComparison): { object: string; revoke: string } | undefined {
  if (row.class === 'function') {
    const routine = comparison.goneSignatures.find(({ oid }) => oid === row.oid);
    const name = routine && `pg_catalog.${signatureOf(routine)}`;
    return name === undefined ? undefined : { object: `function ${name}`, revoke: `ALL ON FUNCTION ${name}` };
  }
  const column = comparison.goneColumns.find(
    ({ relation, number }) => relation === row.oid && (row.column === 0 || number === row.column),
  );
  if (column === undefined) return undefined;
  const relation = `${column.schema}.${column.relationName}`;
  if (row.class === 'relation') return { object: `table ${relation}`, revoke: `ALL ON ${relation}` };
  return {
    object: `table column ${relation}.${column.column}`,
    revoke: `ALL (${identifier(column.column)}) ON ${relation}`,
  };
}

function finding(
  { granted, database }: Changed,
  { object, revoke }: { object: string; revoke: string },
  version: number,
): Found {
  const given = granted.length > 0;
  return {
    ...{ severity: 'blocker', effect: 'ends the upgrade', object, database, version },
    seen:
      `${given ? `privileges on it are granted to ${some(granted)}` : 'privileges on it were taken away'}, and PostgreSQL ` +
      `${version} does not have it; pg_upgrade --check passes, and the real run fails when it repeats that`,
    action: given
      ? `REVOKE ${revoke} FROM ${granted.map((name) => (name === 'PUBLIC' ? name : identifier(name))).join(', ')}, in this database.`
      : `GRANT ${revoke} TO PUBLIC, in this database, so that nothing is left to be carried over.`,
  };
}
