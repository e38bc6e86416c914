export { majorUpgrade, stepMigration } from './step-migration';
export { planMigration, preflightCheck } from './look';
export { finalizeMigration, rollbackMigration } from './way-back';
export { ruvectorPlan, ruvectorRollback, ruvectorUpgrade } from './ruvector-upgrade';
