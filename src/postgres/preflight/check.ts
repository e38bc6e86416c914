import type { Cluster, Layout } from '../cluster';
import type { Sql } from '../connection';

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
}

export type Mode = 'copy' | 'clone' | 'copy-file-range' | 'link' | 'swap';

/** What every check may look at. Checks only look: they change nothing on the cluster. */
export interface CheckContext {
  cluster: Cluster;
  from: Layout;
  to: Layout;
  /** How files will be carried over, or undefined while it is not decided. */
  mode?: Mode;
  /** Connects to a database of the running cluster as the admin. */
  sql<T>(database: string | undefined, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Databases that accept connections, templates left out. */
  databases(): Promise<string[]>;
}

/** One named unit of the pre-flight. One file, one test, one paragraph in docs/preflight.md each. */
export interface Check {
  name: string;
  /** A sentence for the report: what is being made sure of. */
  title: string;
  run(context: CheckContext): Promise<Finding[]>;
}

/** A check's outcome: passed when it raised no blocker and no warning. */
export interface CheckResult {
  check: string;
  title: string;
  outcome: 'passed' | 'warning' | 'blocked' | 'error';
  durationMs: number;
  findings: Finding[];
}
