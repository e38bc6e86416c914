export { majorUpgrade, stepMigration } from './step-migration';
export { planMigration, preflightCheck } from './look';
export { finalizeMigration, rollbackMigration } from './way-back';
export { rewriteReport } from './rewrite-report';
export { ruvectorChecklist, ruvectorPlan, ruvectorRollback, ruvectorUpgrade } from './ruvector-upgrade';
export { vectorIndexRebuild } from './vector-index-rebuild';
