import type { Measured, Problem } from '../migration/soak';
import type { Measure } from '../migration/soak-thresholds';
import type { Cluster } from './cluster';
import { databases, withSql, type Sql } from './connection';
import type { LogSettings } from './soak-log';
import * as queries from './soak-queries';

/** What the server itself says at one look. */
export interface ServerLook {
  version: number;
  inRecovery: boolean;
  measures: Partial<Record<Measure, Measured>>;
  standbys: string[];
  archiver: queries.Archiver;
  invalidIndexes: string[];
  unreachable: Problem[];
  log: LogSettings;
}

/** A look has to be quick: a statement that takes longer means that the server does not answer. */
const STATEMENT_TIMEOUT_MS = 5_000;
const DATABASES_AT_ONCE = 4;

/** Asks the server. @throws whatever connecting or asking throws: the server does not answer. */
export async function askServer(cluster: Cluster, slowAfterMs: number): Promise<ServerLook> {
  const options = { statementTimeoutMs: STATEMENT_TIMEOUT_MS };
  const { replicated, ...whole } = await withSql(cluster, options, async (sql) => ({
    ...(await state(sql)),
    replicated: await queries.replication(sql),
    archiver: await queries.archiver(sql),
    measures: {
      'slow-queries': await queries.slowQueries(sql, slowAfterMs),
      'long-transaction': await queries.longTransaction(sql),
      'prepared-transaction': await queries.preparedTransaction(sql),
    },
    log: await logSettings(sql),
  }));
  const measures = { ...whole.measures, 'replica-lag': replicated.lag };
  return { ...whole, measures, standbys: replicated.standbys, ...(await lookIntoDatabases(cluster, options)) };
}

async function state(sql: Sql): Promise<{ version: number; inRecovery: boolean }> {
  const [row] = await sql.query<{ version: number; recovering: boolean }>(
    "select current_setting('server_version_num')::int / 10000 as version, pg_is_in_recovery() as recovering",
  );
  return { version: row.version, inRecovery: row.recovering };
}

async function logSettings(sql: Sql): Promise<LogSettings> {
  const [row] = await sql.query<LogSettings & Record<string, unknown>>(
    `select pg_current_logfile() as file, current_setting('log_destination') as destination,
            current_setting('lc_messages') as language, current_setting('data_directory') as "dataDirectory",
            to_char(clock_timestamp() at time zone current_setting('log_timezone'), 'YYYY-MM-DD HH24:MI') as minute`,
  );
  return row;
}

async function lookIntoDatabases(
  cluster: Cluster,
  options: { statementTimeoutMs: number },
): Promise<Pick<ServerLook, 'invalidIndexes' | 'unreachable'>> {
  const waiting = await databases(cluster, options);
  const found: Pick<ServerLook, 'invalidIndexes' | 'unreachable'> = { invalidIndexes: [], unreachable: [] };
  const lookIntoTheRest = async (): Promise<void> => {
    for (let database = waiting.shift(); database !== undefined; database = waiting.shift()) {
      try {
        found.invalidIndexes.push(...(await withSql(cluster, { ...options, database }, queries.invalidIndexes)));
      } catch (error) {
        found.unreachable.push({ name: 'database-unreachable', detail: `${database}: ${said(error)}` });
      }
    }
  };
  await Promise.all(Array.from({ length: DATABASES_AT_ONCE }, lookIntoTheRest));
  found.invalidIndexes.sort();
  return found;
}

/**
 * Whether an error says something about the server. A statement of pgpassage's own that the server finds wrong (class 42),
 * and a mistake in this code, do not.
 */
export function tellsOfServer(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return !(error instanceof TypeError) && !(typeof code === 'string' && code.startsWith('42'));
}

/** What an error of a connection says; one that tried several addresses has its text in the parts. */
export function said(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(said).join('; ');
  return error instanceof Error ? error.message : String(error);
}
