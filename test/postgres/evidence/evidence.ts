import type { DatabaseEvidence, Evidence } from '../../../src/postgres/evidence/evidence';
import { CATALOG_COLUMNS } from '../../../src/postgres/evidence/kinds';
import type { MeasuredTable } from '../../../src/postgres/evidence/table-data';

/** Made-up evidence of a cluster with one database. */
export function evidenceOf(database: Partial<DatabaseEvidence> = {}, cluster: Partial<Evidence> = {}): Evidence {
  return {
    takenAt: '2024-01-01T00:00:00Z',
    serverVersion: '15.18',
    systemIdentifier: '1',
    globals: { role: { postgres: '{"bootstrap superuser":"true"}' }, [CATALOG_COLUMNS]: {} },
    databases: [{ ...EMPTY, ...database }],
    replication: { standbys: [], slots: [], subscriptions: [] },
    ...cluster,
  };
}

const EMPTY: DatabaseEvidence = {
  name: 'db',
  objects: {},
  extensions: {},
  tables: [],
  largeObjects: { count: 0, checksum: '' },
  sequences: {},
};

/** A table that nothing was ever written to. */
export function table(values: Partial<MeasuredTable> = {}): MeasuredTable {
  const written = { inserted: 0, updated: 0, deleted: 0, file: '1' };
  return { name: 'public.t', rows: 10, checksum: '42', bytes: 8192, written, ...values };
}
