import { connectionString, liveTarget, runProgram, withPasswordFile } from '../postgres/client-programs';
import type { Cluster, Layout } from '../postgres/cluster';
import { identifier, literal, withSql, type Sql } from '../postgres/connection';
import type { Live } from './live';
import { readMarks, type Marks } from './marks';
import { ensureIndexScript, type PlannedIndex, type Scripts } from './scripts';
import { tableName, type VectorTable } from './vector-columns';
import type { Workshop } from './workshop';

/** How long things will wait, in milliseconds, by an upgrade of a sample of the rows. The rehearsal does it with all. */
export interface Prediction {
  /** Writes to the tables, and reads of them, wait for the conversion. */
  writesMs: number;
  readsMs: number;
  /** Each new index's build. */
  indexesMs: Record<string, number>;
  sample: { rows: number; of: number };
}

/** Enough to take some tenths of a second, which stands out against what an upgrade of empty tables takes. */
const SAMPLE_ROWS = 4_000;

/** Where a prediction is made. */
export interface PredictionPlace {
  cluster: Cluster;
  paths: Layout;
  database: string;
  workshop: Workshop;
  /** The OS user's, for the sample. */
  directory: string;
}

/**
 * Upgrades a sample of the rows in the restored database, which has empty tables and the old version, and carries the
 * times over to all rows. The same part of each table is taken, so that one number carries them all over.
 * @param empty what the upgrade of the empty tables took.
 * @returns neither where there are no rows; the problem where PostgreSQL refuses the sample.
 */
export async function predict(
  place: PredictionPlace,
  live: Live,
  scripts: Pick<Scripts, 'upgrade'>,
  after: readonly PlannedIndex[],
  empty: Marks,
): Promise<{ prediction?: Prediction; problem?: string }> {
  const { cluster, database, workshop } = place;
  const contents = await withSql(cluster, { database }, (sql) => readContents(sql, live.tables));
  const of = sum(contents.map(({ rows }) => rows));
  if (of === 0) return {};
  const part = Math.min(1, SAMPLE_ROWS / of);
  const samples = contents.map((each) => ({ ...each, rows: Math.ceil(each.rows * part) }));
  try {
    for (const sample of samples) await copySample(place, sample);
    const took = readMarks(await must(workshop, scripts.upgrade));
    const prediction = {
      writesMs: carried(took.writesWaitedMs, empty.writesWaitedMs, part),
      readsMs: carried(took.readsWaitedMs, empty.readsWaitedMs, part),
      indexesMs: await buildIndexes(workshop, live.extension.schema, after, growth(part, of)),
      sample: { rows: sum(samples.map(({ rows }) => rows)), of },
    };
    return { prediction };
  } catch (error) {
    if (error instanceof Refused) return { problem: error.message };
    throw error;
  }
}

/** What empty tables take, all rows take once. */
function carried(ms: number, emptyMs: number, part: number): number {
  return Math.round(emptyMs + Math.max(0, ms - emptyMs) / part);
}

/** How much longer a graph takes over all rows: its build grows with n log n. */
function growth(part: number, rows: number): number {
  return (1 / part) * (Math.log(rows + 1) / Math.log(rows * part + 1));
}

async function buildIndexes(
  workshop: Workshop,
  schema: string,
  indexes: readonly PlannedIndex[],
  times: number,
): Promise<Record<string, number>> {
  const built: Record<string, number> = {};
  for (const index of indexes) {
    const begin = performance.now();
    await must(workshop, ensureIndexScript(index, schema));
    built[index.identity] = Math.round((performance.now() - begin) * times);
  }
  return built;
}

/** What is copied of a table. */
interface Content {
  table: VectorTable;
  rows: number;
  /** Those that can be written, quoted. */
  columns: string[];
}

async function readContents(sql: Sql, tables: readonly VectorTable[]): Promise<Content[]> {
  const contents: Content[] = [];
  for (const table of tables) {
    const [{ rows }] = await sql.query<{ rows: string }>(`select count(*)::text as rows from ${tableName(table)}`);
    const columns = await sql.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = $1::oid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
      [table.oid],
    );
    contents.push({ table, rows: Number(rows), columns: columns.map(({ name }) => identifier(name)) });
  }
  return contents;
}

/** From the cluster to the scratch server on the same host, through a file there: no row comes to the worker. */
async function copySample(place: PredictionPlace, { table, rows, columns }: Content): Promise<void> {
  const { cluster, paths, database, workshop, directory } = place;
  const file = `${directory}/sample`;
  const list = columns.join(', ');
  const copy = `copy (select ${list} from ${tableName(table)} limit ${rows}) to stdout`;
  await withPasswordFile(cluster, directory, (environment) =>
    runProgram(
      cluster,
      paths,
      'psql',
      ['-X', '-q', '-w', '-d', connectionString(liveTarget(cluster, database)), '-o', file, '-c', copy],
      { environment },
    ),
  );
  // References and triggers have had their say where the rows come from.
  await must(
    workshop,
    `\\set ON_ERROR_STOP on
set session_replication_role = replica;
copy ${tableName(table)} (${list}) from ${literal(file)};`,
  );
}

class Refused extends Error {}

async function must(workshop: Workshop, script: string): Promise<string> {
  const { output, error } = await workshop.run(script);
  if (error !== undefined) throw new Refused(error);
  return output;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
