import type * as workflows from '../workflows';

/** Workflow types, as the worker registers them. */
export type WorkflowType = keyof typeof workflows;

/** Workflows that migrate a cluster and answer the query `progress`. */
export const MIGRATIONS = ['stepMigration', 'majorUpgrade'] as const satisfies readonly WorkflowType[];

/** Workflows that change a cluster. All run under the cluster's one ID, so that only one runs at a time. */
export const CHANGES = [
  ...MIGRATIONS,
  'rollbackMigration',
  'finalizeMigration',
  'ruvectorUpgrade',
  'ruvectorRollback',
  'vectorIndexRebuild',
] as const satisfies readonly WorkflowType[];

/** What each of them is called when people read it. */
const NAMES: Record<string, string> = {
  stepMigration: 'migration',
  majorUpgrade: 'upgrade',
  rollbackMigration: 'rollback',
  finalizeMigration: 'finalize',
  ruvectorUpgrade: 'RuVector upgrade',
  ruvectorRollback: 'RuVector rollback',
  vectorIndexRebuild: 'vector index rebuild',
};

/** Workflows on vectors that answer the query `progress` with a `VectorProgress`. */
export const ON_VECTORS: readonly string[] = ['ruvectorUpgrade', 'vectorIndexRebuild'] satisfies WorkflowType[];

/** A workflow type in people's words; an unknown one as it is. */
export function nameOf(type: string): string {
  return NAMES[type] ?? type;
}

/** Whether a workflow of this type is a migration. */
export function isMigration(type: string): boolean {
  return (MIGRATIONS as readonly string[]).includes(type);
}

/** A visibility query's condition: one of these workflow types. */
export function typeIn(types: readonly string[]): string {
  return `WorkflowType IN (${types.map((type) => `'${type}'`).join(', ')})`;
}
