import type { Cluster } from '../cluster';
import { type Sql, withSql } from '../connection';
import { atOnce } from './at-once';
import { readDatabaseObjects, readGlobalObjects } from './catalog';
import { COLUMNS_ADDED } from './catalog-knowledge';
import { type Catalog, readShape } from './catalog-shape';
import type { CatalogObjects, DatabaseEvidence, Evidence } from './evidence';
import { CATALOG_COLUMNS } from './kinds';
import { readOptimizerStatistics } from './optimizer-statistics';
import { readReplication, readSubscriptions } from './replication';
import { readSequences } from './sequences';
import { inSnapshot } from './snapshot';
import { readSystemObjects } from './system-objects';
import { type MeasuredTable, readTables, withLateWrites } from './table-data';
import {
  type ClusterCounters,
  DATABASES_AT_ONCE,
  type WriteCounters,
  countersOf,
  readWriteCounters,
} from './write-counters';

export { type ClusterCounters, type WriteCounters, readWriteCounters } from './write-counters';

/** How evidence is taken. */
export interface EvidenceOptions {
  /** Reads every row; without it tables are counted only. */
  checksums: boolean;
  /** Called with tables read, tables in all and `database: table` before each table. */
  progress?: (done: number, total: number, what: string) => void;
  /** Tables of more bytes than this are counted only. */
  skipLargerThanBytes?: number;
}

/**
 * Measures the whole cluster: what is in it, row by row where asked, and where its sequences and replicas stand. Each
 * database is read in one snapshot of its own. Only reads; needs a superuser.
 */
export async function takeEvidence(cluster: Cluster, options: EvidenceOptions): Promise<Evidence> {
  // Before any snapshot: what is written later than this makes a table count as written to, never the other way round.
  const counters = await readWriteCounters(cluster);
  const { shape, ...ofCluster } = await withSql(cluster, {}, readCluster);
  const progress = progressOver(counters, options);
  const databases = await atOnce(DATABASES_AT_ONCE, Object.keys(counters), (database) =>
    withSql(cluster, { database }, async (sql) => ({
      evidence: await readDatabase(sql, shape, counters[database], options, progress),
      subscriptions: await readSubscriptions(sql),
    })),
  );
  const subscriptions = databases.flatMap((database) => database.subscriptions);
  return {
    ...ofCluster,
    databases: databases.map(({ evidence }) => evidence),
    replication: { ...ofCluster.replication, subscriptions },
  };
}

async function readCluster(sql: Sql) {
  const [about] = await sql.query<{ takenAt: string; serverVersion: string; systemIdentifier: string }>(
    `select to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "takenAt",
       current_setting('server_version') as "serverVersion",
       (select system_identifier::text from pg_control_system()) as "systemIdentifier"`,
  );
  const shape = await readShape(sql);
  const globals = await inSnapshot(sql, () => readGlobalObjects(sql, shape));
  const columns = shape.map(({ name, columns }): [string, string] => [
    name,
    JSON.stringify([...columns.keys(), ...Object.keys(COLUMNS_ADDED[name] ?? {})]),
  ]);
  return {
    ...about,
    globals: { ...globals, [CATALOG_COLUMNS]: Object.fromEntries(columns) },
    replication: await readReplication(sql),
    shape,
  };
}

type Progress = (what: string) => void;

function progressOver(counters: ClusterCounters, { progress }: EvidenceOptions): Progress {
  const total = Object.values(counters).reduce((sum, tables) => sum + Object.keys(tables).length, 0);
  let done = 0;
  return (what) => {
    progress?.(done, Math.max(total, done), what);
    done += 1;
  };
}

async function readDatabase(
  sql: Sql,
  shape: Catalog[],
  counters: Record<string, WriteCounters>,
  { checksums, skipLargerThanBytes = Infinity }: EvidenceOptions,
  progress: Progress,
): Promise<DatabaseEvidence> {
  const evidence = await inSnapshot(sql, async () => {
    const objects: CatalogObjects = {
      ...(await readDatabaseObjects(sql, shape)),
      ...(await readSystemObjects(sql, shape)),
      ...(await readOptimizerStatistics(sql)),
    };
    const sequences = await readSequences(sql);
    const tables = await readTables(sql, {
      counters,
      withChecksum: (bytes) => checksums && bytes <= skipLargerThanBytes,
      progress: (table) => progress(`${sql.database}: ${table}`),
    });
    return {
      objects,
      sequences,
      tables,
      extensions: await readExtensions(sql),
      largeObjects: await readLargeObjects(sql, tables),
    };
  });
  const now = await countersOf(sql);
  return {
    name: sql.database,
    ...evidence,
    tables: evidence.tables.map((table) => withLateWrites(table, now[table.name])),
  };
}

async function readExtensions(sql: Sql): Promise<Record<string, string>> {
  const rows = await sql.query<{ extname: string; extversion: string }>(
    'select extname, extversion from pg_extension order by extname',
  );
  return Object.fromEntries(rows.map(({ extname, extversion }) => [extname, extversion]));
}

async function readLargeObjects(sql: Sql, tables: MeasuredTable[]): Promise<{ count: number; checksum: string }> {
  const [{ count }] = await sql.query<{ count: string }>('select count(*)::text as count from pg_largeobject_metadata');
  return {
    count: Number(count),
    checksum: tables.find(({ name }) => name === 'pg_catalog.pg_largeobject')?.checksum ?? '',
  };
}
