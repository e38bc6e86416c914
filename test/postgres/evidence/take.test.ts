import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Client } from 'pg';
import { asUser } from '../../../sandbox/os-user';
import type { DatabaseEvidence, Evidence } from '../../../src/postgres/evidence/evidence';
import { type EvidenceOptions, readWriteCounters, takeEvidence } from '../../../src/postgres/evidence/take';
import { type TestServer, startServer } from './server';

let running: TestServer;
const clients: Client[] = [];

beforeAll(async () => {
  running = await startServer(15);
  await running.server.psql('CREATE DATABASE odd');
  await running.server.psql(TABLES, 'odd');
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});

afterAll(() => running.end());

const TABLES = `
  CREATE TABLE plain (x integer, t text, plain text);
  INSERT INTO plain SELECT n, 'text ' || n, 'p' FROM generate_series(1, 100) n;
  CREATE TABLE same_rows (x integer, t text, plain text);
  INSERT INTO same_rows SELECT * FROM plain ORDER BY x DESC;
  CREATE TABLE nothing ();
  INSERT INTO nothing DEFAULT VALUES;
  CREATE TABLE parent (id integer);
  CREATE TABLE child (more integer) INHERITS (parent);
  INSERT INTO parent VALUES (1);
  INSERT INTO child VALUES (2, 3), (4, 5);
  CREATE TABLE parted (id integer) PARTITION BY LIST (id);
  CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
  INSERT INTO parted VALUES (1);
  CREATE MATERIALIZED VIEW filled AS SELECT 1 AS a;
  CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS a WITH NO DATA;
  CREATE UNLOGGED TABLE unlogged AS SELECT 1 AS a;
  CREATE SEQUENCE down INCREMENT -2 START 100 MAXVALUE 100;
  SELECT nextval('down'), nextval('down');
  SELECT lo_from_bytea(5, 'content');
  CREATE ROLE "constructor" ADMIN postgres;
  CREATE ROLE "__proto__";
`;

async function take(options: Partial<EvidenceOptions> = {}): Promise<Evidence> {
  return takeEvidence(running.cluster, { checksums: true, ...options });
}

const odd = ({ databases }: Evidence): DatabaseEvidence => databases.find(({ name }) => name === 'odd')!;
const rows = (evidence: Evidence): Record<string, number> =>
  Object.fromEntries(odd(evidence).tables.map((table) => [table.name, table.rows]));
const checksum = (evidence: Evidence, name: string): string | undefined =>
  odd(evidence).tables.find((table) => table.name === name)?.checksum;

const sums = (evidence: Evidence) => odd(evidence).tables.map((table) => [table.name, table.rows, table.checksum]);

async function connect(): Promise<Client> {
  const client = await running.server.connect('odd');
  clients.push(client);
  return client;
}

test('every table by itself: without its children, with odd columns, logged or not; partitions, filled views, large objects', async () => {
  expect(rows(await take())).toEqual({
    'public.plain': 100,
    'public.same_rows': 100,
    'public.nothing': 1,
    'public.parent': 1,
    'public.child': 2,
    'public.parted_1': 1,
    'public.filled': 1,
    'public.unfilled': 0,
    'public.unlogged': 1,
    'pg_catalog.pg_largeobject': 1,
  });
});

test('a checksum does not go by the order of rows, nor by how a client wants to see values', async () => {
  const evidence = await take();
  expect(checksum(evidence, 'public.same_rows')).toBe(checksum(evidence, 'public.plain'));
  expect(checksum(evidence, 'public.nothing')).toBeDefined();
  await running.server.psql(
    `ALTER DATABASE odd SET datestyle = 'German'; ALTER DATABASE odd SET bytea_output = 'escape'`,
  );
  expect(sums(await take())).toEqual(sums(evidence));
  await running.server.psql('ALTER DATABASE odd RESET ALL');
});

test('without checksums, and above a size, tables are counted only', async () => {
  const counted = odd(await take({ checksums: false })).tables;
  expect(counted.some((table) => 'checksum' in table)).toBe(false);
  expect(rows(await take({ checksums: false }))).toEqual(rows(await take()));
  const large = await take({ skipLargerThanBytes: 8192 });
  expect(checksum(large, 'public.plain')).toBeUndefined();
  expect(checksum(large, 'public.nothing')).toBeDefined();
});

test('sequences, large objects, extensions, the server itself, names that JavaScript knows', async () => {
  const evidence = await take();
  expect(JSON.parse(odd(evidence).sequences['public.down'])).toEqual({
    last: '98',
    called: true,
    increment: '-2',
    cycles: false,
  });
  expect(odd(evidence).largeObjects).toEqual({ count: 1, checksum: expect.stringMatching(/^-?\d+$/) });
  expect(odd(evidence).objects['large object']).toHaveProperty('5');
  expect(odd(evidence).extensions).toEqual({ plpgsql: '1.0' });
  expect(evidence.serverVersion).toMatch(/^15\./);
  expect(evidence.systemIdentifier).toMatch(/^\d{15,}$/);
  expect(evidence.databases.map(({ name }) => name)).toEqual(['odd', 'postgres', 'template1']);
  const roles = Object.keys(evidence.globals.role);
  expect(roles).toEqual(expect.arrayContaining(['constructor', '__proto__']));
});

test('what lives only as long as a session is left out', async () => {
  const before = odd(await take());
  const client = await connect();
  await client.query(
    'CREATE TEMP TABLE passing (id serial PRIMARY KEY, kind text DEFAULT 1); CREATE TEMP VIEW v AS SELECT 1',
  );
  await client.query(`COMMENT ON TABLE passing IS 'gone soon'`);
  expect(odd(await take()).objects).toEqual(before.objects);
});

test('counters: what was written, by table, and nothing where the server does not count', async () => {
  const before = (await readWriteCounters(running.cluster)).odd;
  await running.server.psql(
    'INSERT INTO parent VALUES (9); UPDATE parent SET id = 8 WHERE id = 9; DELETE FROM parent WHERE id = 8',
    'odd',
  );
  const after = (await readWriteCounters(running.cluster)).odd;
  const wrote = (key: 'inserted' | 'updated' | 'deleted') => after['public.parent'][key] - before['public.parent'][key];
  expect([wrote('inserted'), wrote('updated'), wrote('deleted')]).toEqual([1, 1, 1]);
  expect(after['public.plain']).toEqual(before['public.plain']);
  await running.server.psql('ALTER SYSTEM SET track_counts = off');
  await running.server.psql('SELECT pg_reload_conf()');
  while ((await running.server.psql('SHOW track_counts')) === 'on');
  expect((await readWriteCounters(running.cluster)).odd).toEqual({});
  await running.server.psql('ALTER SYSTEM RESET track_counts');
  await running.server.psql('SELECT pg_reload_conf()');
});

/** Runs SQL while this process waits, so that nothing else of it goes on meanwhile. */
function psqlAtOnce(sql: string): void {
  const { binDirectory, osUser, port, socketDirectory } = running.server;
  const where = [`--host=${socketDirectory}`, `--port=${port}`, '--username=postgres', '--dbname=odd'];
  const [file, ...argv] = asUser(osUser, [join(binDirectory, 'psql'), '--no-psqlrc', '--quiet', ...where]);
  execFileSync(file, argv, { cwd: '/', input: sql });
}

const COUNTED = `DO $$ BEGIN
  WHILE pg_stat_get_tuples_inserted('nothing'::regclass) < 2 LOOP PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP;
END $$`;

test('a table that is written to while it is read says so', async () => {
  const progress = (_done: number, _total: number, what: string): void => {
    if (what !== 'odd: public.nothing') return;
    psqlAtOnce('INSERT INTO nothing DEFAULT VALUES');
    psqlAtOnce(COUNTED);
  };
  const table = odd(await take({ progress })).tables.find(({ name }) => name === 'public.nothing');
  expect(table).toMatchObject({ rows: 1, written: { inserted: 1 }, writtenWhileRead: { inserted: 2 } });
});

test('progress counts up to the number of tables', async () => {
  const seen: [number, number, string][] = [];
  await take({ progress: (done, total, what) => seen.push([done, total, what]) });
  expect(seen.map(([done]) => done)).toEqual(seen.map((_, index) => index));
  expect(seen.every(([done, total]) => done < total)).toBe(true);
  expect(seen.map(([, , what]) => what)).toContain('odd: public.plain');
});
