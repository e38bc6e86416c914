import { signatureOf, type CatalogComparison } from '../catalog-comparison';
import type { Check } from '../check';
import { some } from './sql';

export const grantsOnSystemObjects: Check = {
  name: 'grants-on-system-objects',
  title: 'No privilege is granted on a system object that the target does not have',
  mechanism: 'catalog comparison: system functions, columns and relations; their privileges',
  async run(context) {
    const comparison = await context.comparison();
    const { goneSignatures, goneColumns } = comparison;
    const rows = await context.inUpgradedDatabases((sql) =>
      sql.query<{ class: string; oid: number; column: number; database: string; grantees: string[] }>(
        `select x.class, x.oid, x."column", current_database() as database,
                array(select distinct coalesce(r.rolname, 'PUBLIC') from aclexplode(x.acl) a left join pg_roles r on r.oid = a.grantee
                       where r.oid is distinct from 10) as grantees
           from (select 'function' as class, oid, 0 as "column", proacl as acl, 'pg_proc'::regclass as catalog
                   from pg_proc where oid = any ($1::oid[])
                 union all
                 select 'relation', oid, 0, relacl, 'pg_class'::regclass from pg_class where oid = any ($2::oid[])
                 union all
                 select 'column', attrelid, attnum, attacl, 'pg_class'::regclass from pg_attribute where attrelid = any ($3::oid[])) x
           left join pg_init_privs i on i.objoid = x.oid and i.classoid = x.catalog and i.objsubid = x."column"
          where x.acl is not null and x.acl is distinct from i.initprivs order by 1, 2, 3`,
        [goneSignatures.map(({ oid }) => oid), goneRelations(comparison), goneColumns.map(({ relation }) => relation)],
      ),
    );
    return rows.flatMap((row) => {
      const object = nameOf(row, comparison);
      if (object === undefined) return [];
      return [
        {
          ...{
            severity: 'blocker',
            effect: 'ends the upgrade',
            object,
            database: row.database,
            version: context.to.version,
          },
          seen: `privileges on it are granted to ${some(row.grantees)}, and PostgreSQL ${context.to.version} does not have it; pg_upgrade --check passes, and the real run fails when it grants them again`,
          action: `REVOKE ALL ON ${object} FROM ${some(row.grantees)}, in this database.`,
        },
      ];
    });
  },
};

/** Relations of which no column is left. */
function goneRelations({ goneColumns, target }: CatalogComparison): number[] {
  const there = new Set(target.columns.map(({ schema, relationName }) => `${schema}.${relationName}`));
  const gone = goneColumns.filter(({ schema, relationName }) => !there.has(`${schema}.${relationName}`));
  return [...new Set(gone.map(({ relation }) => relation))];
}

function nameOf(
  row: { class: string; oid: number; column: number },
  comparison: CatalogComparison,
): string | undefined {
  if (row.class === 'function') {
    const routine = comparison.goneSignatures.find(({ oid }) => oid === row.oid);
    return routine && `function pg_catalog.${signatureOf(routine)}`;
  }
  const column = comparison.goneColumns.find(
    ({ relation, number }) => relation === row.oid && (row.column === 0 || number === row.column),
  );
  if (column === undefined) return undefined;
  const relation = `${column.schema}.${column.relationName}`;
  return row.class === 'relation' ? `table ${relation}` : `table column ${relation}.${column.column}`;
}
