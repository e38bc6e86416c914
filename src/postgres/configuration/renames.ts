/** A setting that goes by another name from a version on. */
export interface Rename {
  version: number;
  from: string;
  to: string;
  /** Where that is written. */
  source: string;
}

/** What is known of a setting that is gone. Any other that the target does not have is found by comparing the two. */
export interface Removal {
  version: number;
  name: string;
  /** What takes its place. */
  instead: string;
}

/** Renamed settings. */
export const RENAMES: readonly Rename[] = [
  {
    version: 16,
    from: 'force_parallel_mode',
    to: 'debug_parallel_query',
    source: 'release notes of 16, "Migration to Version 16"',
  },
  {
    version: 18,
    from: 'ssl_ecdh_curve',
    to: 'ssl_groups',
    source: 'release notes of 18; it still takes the old name',
  },
];

/** Advice for settings that 16, 17 and 18 removed. Sources: the versions' release notes. */
export const REMOVALS: readonly Removal[] = [
  { version: 16, name: 'promote_trigger_file', instead: 'promote with pg_ctl promote or pg_promote()' },
  {
    version: 16,
    name: 'vacuum_defer_cleanup_age',
    instead: 'hot_standby_feedback and replication slots keep rows for standbys',
  },
  {
    version: 17,
    name: 'old_snapshot_threshold',
    instead: 'transaction_timeout and idle_in_transaction_session_timeout end old snapshots',
  },
  {
    version: 17,
    name: 'db_user_namespace',
    instead: 'roles named user@database no longer log in as user: rename them or map them in pg_ident.conf',
  },
  { version: 17, name: 'trace_recovery_messages', instead: 'log_min_messages sets the level for recovery too' },
];

/** The rename that lies between two versions, if there is one. */
export function renameOf(name: string, from: number, to: number): Rename | undefined {
  return RENAMES.find((rename) => rename.from === name.toLowerCase() && rename.version > from && rename.version <= to);
}

/** Why a setting is gone, in words for the file and the report. */
export function whyRemoved(name: string, to: number): string {
  const known = REMOVALS.find((removal) => removal.name === name.toLowerCase() && removal.version <= to);
  return known
    ? `removed in PostgreSQL ${known.version}: ${known.instead}`
    : `this PostgreSQL ${to} has no such setting`;
}
