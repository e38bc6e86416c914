import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { OutageClock, type Outage } from './outage-clock';

/** How to write: all but the connection is optional. */
export interface WriterOptions {
  /** Where to; the role must own the database or be allowed to create a table in schema public. */
  connection: ClientConfig;
  /** How many connections write at the same time; 4 by default. */
  writers?: number;
  /** Milliseconds between a writer's acknowledged row and its next one; 5 by default, so that others get CPU too. */
  intervalMs?: number;
}

/** What the writers have seen so far. */
export interface WriterStatus {
  acknowledged: number;
  /** Rows whose commit was never answered: they may be in the table, and may be missing. */
  unknown: number;
  /** Failed attempts to connect or to write. */
  errors: number;
  lastError?: string;
  /** Milliseconds between the begin of a write and its acknowledgement, the longest of all. */
  longestMs: number;
  /** The last acknowledged commit, while errors and no acknowledgement have followed it. */
  downSince?: Date;
}

/** The acknowledged rows compared with the table. */
export interface WriteCheck {
  acknowledged: number;
  /** Acknowledged but not in the table, or there with another payload. */
  missing: number;
  /** In the table, but neither acknowledged nor unknown. */
  extra: number;
  /** Never answered, whether they are in the table or not. */
  unknown: number;
}

/** Clients that write all along. */
export interface Writers {
  status(): WriterStatus;
  /** The outages that have ended, oldest first, as all writers together saw them; shorter ones than `minimumMs` (20) left out. */
  outages(minimumMs?: number): Outage[];
  /** Compares with the table as `client` sees it. Call it after `stop()`, or rows in flight count as extra. */
  verify(client: Client): Promise<WriteCheck>;
  /** Lets each writer finish its row, and disconnects. */
  stop(): Promise<void>;
}

// Sequences are tried once each, from 1 up: what is neither unknown nor still to come has been acknowledged.
interface Writer {
  id: number;
  tried: number;
  inFlight: boolean;
  unknown: Set<number>;
}

const RETRY_PAUSE_MS = 20;
const TIMEOUTS = { connectionTimeoutMillis: 1_000, query_timeout: 10_000 };

const CREATE = `CREATE TABLE IF NOT EXISTS public.pgpassage_writes (
  run uuid, writer integer, sequence bigint, payload text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (run, writer, sequence))`;
const INSERT = `INSERT INTO public.pgpassage_writes (run, writer, sequence, payload)
  VALUES ($1, $2::int, $3::bigint, md5($2::int || '/' || $3::bigint))`;
// One statement and so one commit: the row is there if and only if the account has its unit.
const INSERT_AND_UPDATE = `WITH written AS (${INSERT} RETURNING sequence)
  UPDATE public.pgbench_accounts SET abalance = abalance + 1
  WHERE aid = (SELECT 1 + (sequence * 7919 + $2::int) % 100000 FROM written)`;
const READ = `SELECT writer, sequence::int FROM public.pgpassage_writes
  WHERE run = $1 AND payload = md5(writer || '/' || sequence)`;

/**
 * Starts clients that insert rows into `public.pgpassage_writes`, and update an account of pgbench with each where
 * there are any. They reconnect whenever they are thrown out, and count as written only what was acknowledged.
 * @throws Error when the table cannot be created or written, before any writer starts.
 */
export async function startWriters(options: WriterOptions): Promise<Writers> {
  const { writers: count = 4, intervalMs = 5 } = options;
  const run = randomUUID();
  const clock = new OutageClock();
  const writers = Array.from({ length: count }, (_, id): Writer => ({
    id,
    tried: 0,
    inFlight: false,
    unknown: new Set(),
  }));
  let longestMs = 0;
  const insert = await prepareTable(options.connection);
  let stopped = false;

  const writeRow = async (client: Client, writer: Writer): Promise<void> => {
    const sequence = ++writer.tried;
    writer.inFlight = true;
    const begun = performance.now();
    try {
      await client.query(insert, [run, writer.id, sequence]);
      clock.acknowledged();
      longestMs = Math.max(longestMs, performance.now() - begun);
    } catch (error) {
      writer.unknown.add(sequence); // even if the server said an error: it may have come after the commit
      throw error;
    } finally {
      writer.inFlight = false;
    }
  };
  const writeUntilStopped = async (writer: Writer): Promise<void> => {
    while (!stopped) {
      const client = newClient(options.connection);
      try {
        await client.connect();
        while (!stopped) {
          await writeRow(client, writer);
          await sleep(intervalMs);
        }
        await client.end();
      } catch (error) {
        clock.failed(error);
        // Not awaited: a dead server may never answer. What broke the connection was counted; that saying goodbye on it
        // fails too, perhaps only when others write again, is no new error.
        client.end().catch(() => undefined);
        await sleep(RETRY_PAUSE_MS);
      }
    }
  };
  const loops = Promise.all(writers.map(writeUntilStopped));

  return {
    status: () => ({
      acknowledged: clock.acknowledgements,
      unknown: unknownOf(writers),
      longestMs,
      ...clock.trouble(),
    }),
    outages: (minimumMs = 20) => clock.outages.filter(({ ms }) => ms >= minimumMs),
    verify: (client) => compare(client, run, writers),
    stop: async () => {
      stopped = true;
      await loops;
    },
  };
}

function newClient(connection: ClientConfig): Client {
  const client = new Client({ ...TIMEOUTS, ...connection });
  // Being disconnected between two queries is an event and no rejection; the next query fails and is counted.
  client.on('error', () => undefined);
  return client;
}

async function prepareTable(connection: ClientConfig): Promise<string> {
  const client = newClient(connection);
  try {
    await client.connect();
    await client.query(CREATE);
    const { rows } = await client.query<{ there: boolean }>(
      `SELECT to_regclass('public.pgbench_accounts') IS NOT NULL AS there`,
    );
    const insert = rows[0].there ? INSERT_AND_UPDATE : INSERT;
    await client.query('BEGIN');
    await client.query(insert, [randomUUID(), 0, 0]); // an error that would last shows here, and not as an outage
    await client.query('ROLLBACK');
    return insert;
  } finally {
    await client.end();
  }
}

const unknownOf = (writers: Writer[]): number => writers.reduce((sum, { unknown }) => sum + unknown.size, 0);

async function compare(client: Client, run: string, writers: Writer[]): Promise<WriteCheck> {
  const { rows } = await client.query<{ writer: number; sequence: number }>(READ, [run]);
  const there = writers.map(() => new Set<number>());
  for (const { writer, sequence } of rows) there[writer].add(sequence);
  const check: WriteCheck = { acknowledged: 0, missing: 0, extra: 0, unknown: unknownOf(writers) };
  for (const { id, tried, inFlight, unknown } of writers) {
    const answered = inFlight ? tried - 1 : tried;
    for (let sequence = 1; sequence <= answered; sequence++) {
      if (unknown.has(sequence)) continue;
      check.acknowledged++;
      if (!there[id].has(sequence)) check.missing++;
    }
    for (const sequence of there[id]) if (sequence > answered) check.extra++;
  }
  return check;
}
