import { join } from 'node:path';
import { run } from '../../sandbox/command';
import { asUser } from '../../sandbox/os-user';
import type { MajorVersion } from '../../sandbox/parts';
import { createServer, type SandboxServer } from '../../sandbox/postgres-server';
import * as seeding from '../../sandbox/seed/seed';
import { type TemporaryRoot, temporaryRoot } from '../../sandbox/temporary-root';

const { MAIN_DATABASE, ODD_DATABASE, SHARED_DATABASE } = seeding;
let root: TemporaryRoot;
let old: SandboxServer;
let upgraded: SandboxServer;

const create = (version: MajorVersion): Promise<SandboxServer> =>
  createServer({ version, root: root.path, settings: seeding.SEED_SETTINGS, hba: seeding.SEED_HBA });

beforeAll(async () => {
  root = await temporaryRoot();
  [old, upgraded] = await Promise.all([create(15), create(18)]);
});

afterAll(async () => {
  await old.stop('immediate');
  await upgraded.stop('immediate');
  await root.remove();
});

/** Rows and a digest of every table that has any, with large objects and the sequences' positions. */
async function content(server: SandboxServer, database: string): Promise<string> {
  const tables = `FROM pg_class WHERE relkind = 'r' AND relnamespace >= 16384 OR relkind = 'r' AND relnamespace = 2200`;
  const digest = `format('SELECT %L, count(*), md5(string_agg(t::text, ''|'' ORDER BY t::text)) FROM ONLY %s t', oid::regclass::text, oid::regclass)`;
  return server.psql(
    `SET extra_float_digits = 1;
     SELECT ${digest} ${tables} ORDER BY oid::regclass::text COLLATE "C" \\gexec
     SELECT loid, md5(string_agg(data, '' ORDER BY pageno)) FROM pg_largeobject GROUP BY loid ORDER BY loid;
     SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2;`,
    database,
  );
}

async function upgrade(from: SandboxServer, to: SandboxServer): Promise<void> {
  const bins = ['--old-bindir', from.binDirectory, '--new-bindir', to.binDirectory];
  const data = ['--old-datadir', from.dataDirectory, '--new-datadir', to.dataDirectory];
  const how = ['--link', '--username', 'postgres', '--socketdir', to.socketDirectory];
  const ports = ['--old-port', String(from.port), '--new-port', String(to.port)];
  const argv = [join(to.binDirectory, 'pg_upgrade'), ...bins, ...data, ...how, ...ports];
  await run(asUser(to.osUser, argv), { cwd: root.path });
}

test('every role of the seed can log in, and finds its settings', async () => {
  await old.start();
  await seeding.seed(old);
  for (const role of ['cluster_app', 'cluster_reader', 'cluster_monitor', 'legacy_reports', 'replicator']) {
    const client = await old.connect(MAIN_DATABASE, role);
    const { rows } = await client.query<{ read_only: string }>(
      `SELECT current_setting('default_transaction_read_only') AS read_only`,
    );
    expect(rows[0].read_only).toBe(role === 'cluster_reader' ? 'on' : 'off');
    await client.end();
  }
});

test('pg_upgrade from 15 to 18 takes the seed as it is, and loses nothing', async () => {
  const before = await Promise.all([MAIN_DATABASE, SHARED_DATABASE, ODD_DATABASE].map((name) => content(old, name)));
  await old.stop();
  await upgrade(old, upgraded);
  await upgraded.start();
  Object.assign(upgraded.passwords, seeding.PLANTED_PASSWORDS);
  const after = await Promise.all(
    [MAIN_DATABASE, SHARED_DATABASE, ODD_DATABASE].map((name) => content(upgraded, name)),
  );
  expect(after).toEqual(before);
  expect(before[0].split('\n').length).toBeGreaterThan(60);
});

test('the upgraded seed works: extensions update, indexes and views rebuild, an md5 password still opens', async () => {
  const updates = `SELECT format('ALTER EXTENSION %I UPDATE', extname) FROM pg_extension \\gexec`;
  await upgraded.psql(
    `${updates}\nREINDEX DATABASE; REFRESH MATERIALIZED VIEW shop.sales_by_month; ANALYZE`,
    MAIN_DATABASE,
  );
  for (const [role, query] of [
    ['cluster_app', `SELECT public.newest_memory('topic-1')`],
    ['legacy_reports', 'SELECT 1'],
  ]) {
    const client = await upgraded.connect(MAIN_DATABASE, role);
    expect((await client.query(query)).rowCount).toBe(1);
    await client.end();
  }
});

test('the seed loads on 18 too', async () => {
  const fresh = await createServer({
    version: 18,
    root: join(root.path, '18'),
    settings: seeding.SEED_SETTINGS,
    checksums: false,
  });
  try {
    await fresh.start();
    await seeding.seed(fresh);
    expect(await fresh.psql('SELECT count(*) FROM pgbench_accounts; SHOW data_checksums', MAIN_DATABASE)).toBe(
      '100000\noff',
    );
  } finally {
    await fresh.stop('immediate');
  }
});
