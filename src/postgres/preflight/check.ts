import type { DrainInput } from '../../migration/drain';
import type { Cluster, Layout } from '../cluster';
import type { Sql } from '../connection';
import type { ClusterProperties } from '../init-target';
import type { CatalogComparison } from './catalog-comparison';
import type { PgUpgradeReport } from './pg-upgrade-report';
import type { RestoreError, SchemaDumps } from './schema-restore';
import type { ScratchServer } from './scratch-server';

/** `blocker`: the phase does not start. `warning`: it starts, and a person should know. `notice`: for the record. */
export type Severity = 'blocker' | 'warning' | 'notice';

/** What happens to someone who goes on all the same. */
export type Effect = 'ends the upgrade' | 'breaks later' | 'changes meaning' | 'costs time or space' | 'none';

/** One thing that a check saw. Every text is written for the person who has to act on it at night. */
export interface Finding {
  /** The check's name, stable: `accept` of the plan and the docs refer to it. */
  check: string;
  severity: Severity;
  effect: Effect;
  /** The object as a person would type it: `public.v_stats`, `role app`, `/var/lib/postgresql`. */
  object: string;
  database?: string;
  /** The major version at which it bites. */
  version?: number;
  /** What was seen. */
  seen: string;
  /** What to do about it. */
  action: string;
  /** A blocker that a person may accept, because the upgrade itself would get through. */
  judgement?: true;
  /** A person accepted it: it was a blocker. */
  accepted?: true;
}

/** What a check returns; the run adds the check's name. */
export type Found = Omit<Finding, 'check' | 'accepted'>;

export type Mode = 'copy' | 'clone' | 'copy-file-range' | 'link' | 'swap';

/** What every check may look at. Checks only look: they change nothing on the cluster. */
export interface CheckContext {
  cluster: Cluster;
  from: Layout;
  to: Layout;
  /** How files will be carried over, or undefined while it is not decided. */
  mode?: Mode;
  /** How clients are to be held back, as the plan has it. */
  drain?: DrainInput;
  /**
   * Name of the scratch server's place on the host. Runs at once have different ones; what an attempt that was killed left is
   * found and removed by the next one of the same name.
   */
  scratchName?: string;
  /** The target's data directory was made by this migration already, so its being there is no finding. */
  targetPrepared?: boolean;
  /** Connects to a database of the running cluster as the admin. */
  sql<T>(database: string | undefined, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Databases that accept connections, templates left out. */
  databases(): Promise<string[]>;
}

/** What the checks of one run share. Each of these is made or read when the first check asks, and once. */
export interface PreflightContext extends CheckContext {
  /** Databases that pg_upgrade carries over: all that accept connections, `template1` and other templates among them. */
  upgradedDatabases(): Promise<string[]>;
  /** Runs `work` in each of {@link upgradedDatabases} and puts what it found into one list. */
  inUpgradedDatabases<T>(work: (sql: Sql) => Promise<T[]>): Promise<T[]>;
  properties(): Promise<ClusterProperties>;
  /** `pg_upgrade --check` against the running server. */
  pgUpgradeReport(): Promise<PgUpgradeReport>;
  /** A running, empty server of the target version. What checks create on it, they remove again, restored schemas apart. */
  scratch(): Promise<ScratchServer>;
  /** What the target's system catalogs lack or add. */
  comparison(): Promise<CatalogComparison>;
  /** The schema of every database, dumped into files on the host. */
  schemaDumps(): Promise<SchemaDumps>;
  /** Restores the cluster's schema into the scratch server, which is not empty any more then. */
  restoreErrors(): Promise<RestoreError[]>;
}

/** One named unit of the pre-flight. One test and one line in docs/preflight.md each. */
export interface Check {
  name: string;
  /** A sentence for the report: what is being made sure of. */
  title: string;
  /** Where its findings come from. */
  mechanism: string;
  /** Needs the restored schema on the scratch server, so it runs after those that want that server empty. */
  afterRestore?: true;
  run(context: PreflightContext): Promise<Found[]>;
}

/** A check's outcome: passed when it raised no blocker and no warning. */
export interface CheckResult {
  check: string;
  title: string;
  mechanism?: string;
  outcome: 'passed' | 'warning' | 'blocked' | 'error';
  durationMs: number;
  findings: Finding[];
}
