/**
 * What was measured on a cluster at one moment; two of these are compared after a phase. Plain data: it is written to
 * the backup directory as JSON and read back by the activity that compares.
 */
export interface Evidence {
  /** When, by the server's clock (ISO 8601). */
  takenAt: string;
  serverVersion: string;
  systemIdentifier: string;
  /** Cluster-wide objects (roles, memberships, settings of roles and databases, databases, tablespaces) by kind and name. */
  globals: CatalogObjects;
  databases: DatabaseEvidence[];
  replication: ReplicationEvidence;
}

/** Kind of object → its name as a person types it → its properties in a form that two majors share. */
export type CatalogObjects = Record<string, Record<string, string>>;

export interface DatabaseEvidence {
  name: string;
  objects: CatalogObjects;
  extensions: Record<string, string>;
  tables: TableEvidence[];
  largeObjects: { count: number; checksum: string };
  sequences: Record<string, string>;
}

export interface TableEvidence {
  /** `schema.table`, quoted where needed. */
  name: string;
  rows: number;
  /** Sum over a hash of every row's text form, so that the order of rows does not matter; absent when only counted. */
  checksum?: string;
  /** Rows inserted, updated and deleted as the server's cumulative statistics had it: tells quiet tables from busy ones. */
  written: { inserted: number; updated: number; deleted: number };
  bytes: number;
}

export interface ReplicationEvidence {
  standbys: { name: string; state: string; lagBytes: number }[];
  slots: { name: string; kind: string; active: boolean }[];
  subscriptions: { database: string; name: string; enabled: boolean }[];
}

/** One thing a comparison looked at. `failed`: something is lost or changed that should not be. */
export interface ComparisonCheck {
  name: string;
  outcome: 'passed' | 'failed' | 'not comparable';
  /** For a failure: what was there before, what is there now, where. */
  detail: string;
}
