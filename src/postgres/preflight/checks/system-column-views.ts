import { SYSTEM_REPLACEMENTS } from '../replacements';
import { signatureOf, type CatalogComparison } from '../catalog-comparison';
import type { Check, Found, PreflightContext } from '../check';
import { nodeReferences } from '../node-tree';
import { identity, own } from './sql';

interface Stored {
  object: string;
  database: string;
  tree: string;
}

/** Everything that keeps a query or an expression as a tree: what pg_upgrade writes out by name and reads in again. */
const PLACES: { catalog: string; from: string; oid: string; trees: string[]; skip?: string }[] = [
  {
    catalog: 'pg_class',
    from: 'pg_rewrite r join pg_class c on c.oid = r.ev_class',
    oid: 'c.oid',
    trees: ['r.ev_action', 'r.ev_qual'],
  },
  { catalog: 'pg_proc', from: 'pg_proc p', oid: 'p.oid', trees: ['p.prosqlbody', 'p.proargdefaults'] },
  { catalog: 'pg_policy', from: 'pg_policy y', oid: 'y.oid', trees: ['y.polqual', 'y.polwithcheck'] },
  { catalog: 'pg_class', from: 'pg_index i', oid: 'i.indexrelid', trees: ['i.indexprs', 'i.indpred'] },
  { catalog: 'pg_class', from: 'pg_attrdef f', oid: 'f.adrelid', trees: ['f.adbin'] },
  { catalog: 'pg_constraint', from: 'pg_constraint k', oid: 'k.oid', trees: ['k.conbin'] },
  { catalog: 'pg_trigger', from: 'pg_trigger t', oid: 't.oid', trees: ['t.tgqual'] },
  { catalog: 'pg_class', from: 'pg_partitioned_table g', oid: 'g.partrelid', trees: ['g.partexprs'] },
  { catalog: 'pg_statistic_ext', from: 'pg_statistic_ext x', oid: 'x.oid', trees: ['x.stxexprs'] },
];

export const systemColumnViews: Check = {
  name: 'system-column-views',
  title: 'No view, BEGIN ATOMIC function or stored expression uses what the target took out of its system catalogs',
  mechanism: 'catalog comparison: system columns and functions of both; the stored trees of what uses them',
  async run(context) {
    const comparison = await context.comparison();
    const stored = await candidates(context, comparison);
    return stored.flatMap((candidate) => {
      const gone = goneReferences(candidate.tree, comparison);
      return gone.length === 0 ? [] : [finding(context, candidate, gone)];
    });
  },
};

/** Trees that mention a relation or a function of interest; which columns they read is seen afterwards. */
async function candidates(context: PreflightContext, comparison: CatalogComparison): Promise<Stored[]> {
  const relations = [...new Set(comparison.goneColumns.map(({ relation }) => relation))];
  const functions = comparison.goneFunctions.map(({ oid }) => oid);
  const any = (oids: number[]) => (oids.length ? oids.join('|') : 'none');
  const pattern = `:relid (${any(relations)}) |:(funcid|opfuncid|aggfnoid|winfnoid) (${any(functions)}) `;
  const selects = PLACES.map(({ catalog, from, oid, trees }) => {
    const tree = `concat_ws(' ', ${trees.map((column) => `${column}::text`).join(', ')})`;
    return `select ${identity(catalog, oid)} as object, current_database() as database, ${tree} as tree
              from ${from} where ${own(catalog, oid)} and ${tree} ~ $1`;
  });
  return context.inUpgradedDatabases((sql) =>
    sql.query<Stored & Record<string, unknown>>(`${selects.join(' union all ')} order by 1`, [pattern]),
  );
}

/** What a tree refers to that the target does not have, in words. */
export function goneReferences(tree: string, comparison: CatalogComparison): string[] {
  const { columns, functions } = nodeReferences(tree);
  const goneColumns = comparison.goneColumns
    .filter(({ relation, number }) => columns.get(relation)?.has(number))
    .map(({ relationName, column }) => `${relationName}.${column}`);
  const goneFunctions = comparison.goneFunctions.filter(({ oid }) => functions.has(oid)).map(signatureOf);
  return [...goneColumns, ...goneFunctions];
}

function finding({ to }: PreflightContext, { object, database }: Stored, gone: string[]): Found {
  const hints = gone.flatMap((name) => SYSTEM_REPLACEMENTS[name] ?? []);
  return {
    ...{ severity: 'blocker', effect: 'ends the upgrade', object, database, version: to.version },
    seen: `it uses ${gone.join(', ')}, which PostgreSQL ${to.version} does not have; pg_upgrade --check passes, and the real run fails when it creates this`,
    action:
      `Drop it before the phase and create it again in the new form afterwards${hints.length ? `: ${[...new Set(hints)].join('; ')}` : ''}. ` +
      'Keep its definition, owner and privileges, and those of what depends on it.',
  };
}
