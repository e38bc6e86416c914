import type { Duplex } from 'node:stream';
import { Client, types } from 'pg';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { Target } from '../hosts/host';
import type { Cluster } from './cluster';
import { sessionOptions } from './session';

/** Rows of a query; bigint and numeric arrive as strings, as pg does by default. */
export type Row = Record<string, unknown>;

/** One open connection to one database. */
export interface Sql {
  readonly database: string;
  query<T extends Row = Row>(text: string, values?: unknown[]): Promise<T[]>;
}

export interface ConnectOptions {
  database?: string;
  /** Another server of the same host, such as a scratch server; the cluster's own port when absent. */
  port?: number;
  /** Address or socket directory as the host sees it; the admin's configured one when absent. */
  address?: string;
  /** Milliseconds until a statement is cancelled by the server. Default 0: none. */
  statementTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Quotes a name for SQL. The only way names get into SQL text. */
export const identifier = escapeIdentifier;
/** Quotes a string for SQL where a parameter can't be used. */
export const literal = escapeLiteral;
/** A schema-qualified name, quoted. */
export const qualified = (schema: string, name: string): string =>
  `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;

// Times stay text: a Date would lose PostgreSQL's microseconds.
const textTimes = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    [types.builtins.TIMESTAMP, types.builtins.TIMESTAMPTZ, types.builtins.DATE].includes(oid)
      ? (value: string) => value
      : types.getTypeParser(oid, format as 'text')) as typeof types.getTypeParser,
};

/** Connects as the inventory's admin, does `work`, and closes the connection whatever happens. */
export async function withSql<T>(
  cluster: Cluster,
  options: ConnectOptions,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  const { admin, port } = cluster.entry;
  const password = cluster.password(); // throws before anything is open
  const stream = await cluster.host.open(listener(options.address ?? admin.host, options.port ?? port));
  const database = options.database ?? admin.database;
  const client = new Client({
    stream: () => connected(stream),
    user: admin.user,
    password,
    database,
    application_name: 'pgpassage',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    types: textTimes,
    options: sessionOptions({ statement_timeout: String(options.statementTimeoutMs ?? 0) }),
  });
  // A connection that breaks while idle emits 'error'; the next query on it fails and says so.
  client.on('error', () => undefined);
  await client.connect().catch((error) => {
    stream.destroy();
    throw error;
  });
  try {
    return await work({ database, query: async (text, values) => (await client.query(text, values)).rows });
  } finally {
    await client.end();
  }
}

/** libpq's rule: what begins with a slash is a socket directory. */
function listener(address: string, port: number): Target {
  return address.startsWith('/') ? { path: `${address}/.s.PGSQL.${port}` } : { address, port };
}

/** pg wants to connect its stream itself; this one is connected. What pg asks of sockets alone, others need not have. */
function connected(stream: Duplex): Duplex {
  const ignore = () => stream;
  const connect = () => {
    process.nextTick(() => stream.emit('connect'));
    return stream;
  };
  return Object.assign(stream, { connect, setNoDelay: ignore, setKeepAlive: ignore, ref: ignore, unref: ignore });
}

/** Names of the databases that accept connections, templates left out, in order of name. */
export function databases(cluster: Cluster, options: Omit<ConnectOptions, 'database'> = {}): Promise<string[]> {
  return withSql(cluster, options, async (sql) => {
    const rows = await sql.query<{ datname: string }>(
      'select datname from pg_database where datallowconn and not datistemplate and datconnlimit <> -2 order by datname',
    );
    return rows.map((row) => row.datname);
  });
}
