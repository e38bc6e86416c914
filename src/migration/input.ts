import { z } from 'zod';
import { duration } from './duration';
import { drainInput } from './drain';
import { soakThresholds } from './soak';

export const MODES = ['copy', 'clone', 'copy-file-range', 'link', 'swap'] as const;
export type Mode = (typeof MODES)[number];

const clusterName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "a cluster's name as in the inventory");
const major = z.int().min(10).max(99);
const settings = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.]*$/, "a setting's name"), z.string());

/** Standbys are rebuilt by pg_basebackup once the new primary serves. */
export const standbysInput = z.strictObject({
  /** How many are rebuilt at a time: each takes a whole copy of the data from the primary. */
  atOnce: z.union([z.int().min(1), z.literal('all')]).default(1),
  /** Name of one that is not rebuilt: it stays stopped at the primary's stop, as the quick way back for `link` and `swap`. */
  retain: z.string().min(1).optional(),
});

/** What may be said of one upgrade, whatever starts it. Every field but cluster and target has a default. */
export const upgradeInput = z.strictObject({
  cluster: clusterName,
  /** Target major version. */
  to: major,
  /** Versions to pass, the last one being `to`. Default: every major between. */
  path: z.array(major).min(1).optional(),
  /** How pg_upgrade carries the files over. Default `auto`: chosen for the file system at hand, and explained in the plan. */
  mode: z.enum(['auto', ...MODES]).default('auto'),
  /** Upgrade a clone of the backup first: predicts the outage and finds what checks can't. */
  rehearse: z.boolean().default(true),
  /** Compare checksums of all rows, not only counts, before and after. Reads every table twice. */
  checksums: z.boolean().default(true),
  /** Names of checks whose blockers a person has judged and accepts. */
  accept: z.array(z.string()).default([]),
  /** Per target version, settings appended to its configuration: `{"18": {"max_parallel_workers": "8"}}`. */
  settings: z.record(z.string().regex(/^\d\d$/, 'a major version'), settings).default({}),
  /** What becomes of the standbys that the inventory names. */
  standbys: standbysInput.prefault({}),
  /** Whether disruptive steps wait for the inventory's maintenance window. */
  window: z.enum(['wait', 'ignore']).default('wait'),
  /** How clients are held back before the stop. Default: as `{}` where the inventory lists a PgBouncer, else not at all. */
  drain: drainInput.optional(),
});

/** What the workflows that look and change nothing are told. */
export const lookInput = upgradeInput.pick({
  cluster: true,
  to: true,
  path: true,
  mode: true,
  accept: true,
  drain: true,
  standbys: true,
  settings: true,
});

export const stepMigrationInput = upgradeInput.extend({
  /** How long each phase is watched before it can be approved. */
  soak: duration.default('24h'),
  /** The same after the last phase. Default: as `soak`. */
  soakAfterLast: duration.optional(),
  /** What raises an alarm during the soak. */
  thresholds: soakThresholds.prefault({}),
  /** How often the checks of the soak run. */
  watchEvery: duration.default('5m'),
  /** How long after the soak an approval is waited for before the migration ends where it stands. */
  approvalWithin: duration.default('14d'),
  /** What an alarm at a gate does: `hold` blocks the approval, `rollback` rolls the phase back by itself; `acceptLoss` has to name what that loses. */
  onAlarm: z.enum(['hold', 'rollback']).default('hold'),
  /** Losses, as the ledger names them, that an automatic rollback at a gate may cause: `writes-since-15-16`. */
  acceptLoss: z.array(z.string()).default([]),
});

export const clusterInput = z.strictObject({ cluster: clusterName });

/** Reports on the calls of RuVector's distance functions in one database. */
export const rewriteReportInput = z.strictObject({
  cluster: clusterName,
  database: z.string().min(1),
  /** What the calls would become: operators, or the functions that the runbook names for 2.0.0. */
  to: z.enum(['operators', 'functions']).default('operators'),
});

/** Rolls a migrated cluster back to `to`, from what the phases left on the host. */
export const rollbackInput = z.strictObject({
  cluster: clusterName,
  to: major,
  /** Names of the losses (as the ledger names them) that the operator accepts. */
  accept: z.array(z.string()).default([]),
  by: z.string().min(1),
});

/** Deletes old data directories and backups of finished phases; afterwards nothing can be rolled back. */
export const finalizeInput = z.strictObject({ cluster: clusterName, by: z.string().min(1) });

export type StepMigrationInput = z.infer<typeof stepMigrationInput>;
