import type { CatalogComparison } from '../catalog-comparison';
import type { Check, Found, PreflightContext } from '../check';
import { identity, own } from './sql';

export const reservedNames: Check = {
  name: 'reserved-names',
  title: 'No role, function, table or type of your own has a name that the target takes for itself',
  mechanism: 'catalog comparison: what the target adds; own objects of the same name',
  async run(context) {
    const comparison = await context.comparison();
    return [...(await roles(context, comparison)), ...(await shadowed(context, comparison))];
  },
};

async function roles(context: PreflightContext, { addedRoles }: CatalogComparison): Promise<Found[]> {
  const rows = await context.sql(undefined, (sql) =>
    sql.query<{ rolname: string }>(
      `select rolname from pg_roles where oid >= 16384 and (rolname ~ '^pg_' or rolname = any ($1)) order by 1`,
      [addedRoles],
    ),
  );
  // pg_dumpall, and with it pg_upgrade, passes over every role whose name begins with pg_.
  return rows.map(({ rolname }) => {
    const predefined = addedRoles.includes(rolname);
    return {
      ...{ severity: 'blocker', effect: predefined ? 'changes meaning' : 'ends the upgrade' },
      ...{ object: `role ${rolname}`, version: context.to.version },
      seen: predefined
        ? `PostgreSQL ${context.to.version} has a predefined role of this name: pg_upgrade leaves yours behind without a word, and that one takes its place, what it owns and what it was granted`
        : 'pg_upgrade leaves behind roles whose names begin with pg_; what it owns and was granted could not be restored',
      action:
        'Rename it: no client can create such a role, so it stems from a change of pg_authid by hand, which has to be undone the same way.',
    };
  });
}

/** The system's schema is searched first unless search_path says otherwise. */
async function shadowed(context: PreflightContext, comparison: CatalogComparison): Promise<Found[]> {
  const { addedFunctions, addedRelations, addedTypes } = comparison;
  const signatures = addedFunctions.map(({ name, types }) => `${name}(${types.join(', ')})`);
  const rows = await context.inUpgradedDatabases((sql) =>
    sql.query<{ object: string; database: string; kind: string }>(
      `select ${identity('pg_proc', 'p.oid')} as object, current_database() as database, 'function' as kind from pg_proc p
        where p.proname || '(' || array_to_string(array(select format_type(t, null) from unnest(p.proargtypes) t), ', ') || ')' = any ($1)
          and ${own('pg_proc', 'p.oid')}
       union all
       select ${identity('pg_class', 'c.oid')}, current_database(), 'relation' from pg_class c
        where c.relname = any ($2) and c.relkind in ('r', 'v', 'm', 'p', 'f') and ${own('pg_class', 'c.oid')}
       union all
       select ${identity('pg_type', 't.oid')}, current_database(), 'type' from pg_type t
        where t.typname = any ($3) and ${own('pg_type', 't.oid')}
        order by 1`,
      [signatures, addedRelations, addedTypes],
    ),
  );
  return rows.map(({ object, database, kind }) => ({
    ...{ severity: 'warning', effect: 'changes meaning', object, database, version: context.to.version },
    seen: `PostgreSQL ${context.to.version} has a built-in ${kind} of the same name${kind === 'function' ? ' and arguments' : ''}; where yours is named without its schema, the built-in one is taken`,
    action: 'Rename it, or write its schema wherever it is used.',
  }));
}
