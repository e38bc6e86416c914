import { MAIN_DATABASE, ODD_DATABASE, PLANTED_PASSWORDS, SHARED_DATABASE, seed } from '../../../sandbox/seed/seed';
import { type ComparisonContext, compareEvidence } from '../../../src/postgres/evidence/compare';
import type { ComparisonCheck, Evidence } from '../../../src/postgres/evidence/evidence';
import { readWriteCounters, takeEvidence } from '../../../src/postgres/evidence/take';
import { type TestServer, startServer } from './server';

/** One thing that goes missing, the check that has to find it, and words by which it has to name it. */
interface Loss {
  sql: string;
  database?: string;
  check: string;
  named: string;
}

const [main, shared, odd] = [MAIN_DATABASE, SHARED_DATABASE, ODD_DATABASE];

const LOSSES: Loss[] = [
  {
    sql: 'ALTER ROLE ALL RESET ALL',
    check: 'cluster: setting of a role or database',
    named: 'ALTER ROLE ALL',
  },
  {
    sql: 'ALTER ROLE cluster_app RESET statement_timeout',
    check: 'cluster: setting of a role or database',
    named: 'ALTER ROLE cluster_app',
  },
  {
    sql: `ALTER DATABASE ${MAIN_DATABASE} SET work_mem = '9MB'`,
    check: 'cluster: setting of a role or database',
    named: 'work_mem was 8MB, is 9MB',
  },
  {
    sql: `ALTER ROLE cluster_reader PASSWORD 'another'`,
    check: 'cluster: role',
    named: 'cluster_reader: rolpassword was sha256:',
  },
  {
    sql: 'ALTER ROLE auditor NOBYPASSRLS',
    check: 'cluster: role',
    named: 'auditor: rolbypassrls was true, is nothing',
  },
  {
    sql: 'REVOKE auditor FROM cluster_monitor',
    check: 'cluster: role membership',
    named: 'cluster_monitor in auditor',
  },
  {
    sql: `REVOKE CONNECT ON DATABASE ${SHARED_DATABASE} FROM cluster_reader`,
    check: 'cluster: database',
    named: 'claude_flow_shared: datacl',
  },
  { sql: `COMMENT ON ROLE cluster_app IS NULL`, check: 'cluster: comment', named: 'on role cluster_app' },
  {
    sql: `ALTER TABLESPACE pg_default RESET (seq_page_cost)`,
    check: 'cluster: tablespace',
    named: 'spcoptions was seq_page_cost=2',
  },
  {
    sql: `SELECT pg_drop_replication_slot('standby_1')`,
    check: 'cluster: replication slots',
    named: 'standby_1 (physical)',
  },
  { sql: 'ALTER SUBSCRIPTION far DISABLE', database: main, check: 'cluster: subscriptions', named: `far of ${main}` },
  {
    sql: 'DROP INDEX public.memory_entries_tags',
    database: main,
    check: `${main}: index`,
    named: 'public.memory_entries_tags (with',
  },
  { sql: 'DROP INDEX public.never_valid', database: main, check: `${main}: index`, named: 'public.never_valid' },
  {
    sql: 'ALTER TABLE shop.orders SET WITHOUT CLUSTER',
    database: main,
    check: `${main}: index`,
    named: 'shop.orders_pkey: indisclustered was true',
  },
  {
    sql: 'ALTER TABLE shop.order_lines ENABLE TRIGGER ALL',
    database: main,
    check: `${main}: trigger`,
    named: 'on shop.order_lines: tgenabled was D, is O',
  },
  {
    sql: 'DROP TABLE claude_flow.trajectories',
    database: main,
    check: `${main}: table`,
    named: 'missing: claude_flow.trajectories (with',
  },
  {
    sql: 'SELECT 1',
    database: main,
    check: `${main}: tables that have lost rows or values`,
    named: 'claude_flow.trajectories: 200 rows before, no table now',
  },
  {
    sql: `SET track_counts = off; DELETE FROM public.metadata WHERE key = 'installed_by'`,
    database: main,
    check: `${main}: tables that have lost rows or values`,
    named: 'public.metadata: 2 rows before, 1 now; nothing was written',
  },
  {
    sql: `SET track_counts = off; UPDATE shop.carts SET content = '{"n": -1}' WHERE id = 7`,
    database: main,
    check: `${main}: tables that have lost rows or values`,
    named: 'shop.carts: 50 rows before, 50 now, checksum',
  },
  {
    sql: 'ALTER TABLE shop.orders ALTER COLUMN state DROP DEFAULT',
    database: main,
    check: `${main}: default value`,
    named: 'for shop.orders.state',
  },
  {
    sql: 'ALTER TABLE public.patterns ALTER COLUMN confidence SET DEFAULT 0.6',
    database: main,
    check: `${main}: default value`,
    named: 'default_sql was 0.5, is 0.6',
  },
  {
    sql: 'COMMENT ON TABLE shop.customers IS NULL',
    database: main,
    check: `${main}: comment`,
    named: 'on table shop.customers',
  },
  {
    sql: 'REVOKE SELECT ON public.patterns FROM cluster_reader',
    database: main,
    check: `${main}: table`,
    named: 'public.patterns: relacl was +cluster_reader:r/cluster_app, is nothing',
  },
  {
    sql: 'REVOKE REFERENCES (id) ON shop.customers FROM "Report Team"',
    database: main,
    check: `${main}: table column`,
    named: 'shop.customers.id: attacl',
  },
  {
    sql: 'ALTER TABLE shop.products ALTER COLUMN name SET STATISTICS -1',
    database: main,
    check: `${main}: table column`,
    named: 'shop.products.name: attstattarget was 500',
  },
  {
    sql: 'ALTER TABLE shop.products ALTER COLUMN name SET STORAGE EXTENDED',
    database: main,
    check: `${main}: table column`,
    named: 'shop.products.name: attstorage was m, is x',
  },
  {
    sql: 'ALTER TABLE shop.products RESET (fillfactor)',
    database: main,
    check: `${main}: table`,
    named: 'shop.products: reloptions',
  },
  {
    sql: 'ALTER TABLE shop.orders REPLICA IDENTITY DEFAULT',
    database: main,
    check: `${main}: table`,
    named: 'shop.orders: relreplident was f, is d',
  },
  {
    sql: 'DROP POLICY recent_for_readers ON shop.customers',
    database: main,
    check: `${main}: policy`,
    named: 'recent_for_readers on shop.customers',
  },
  {
    sql: 'ALTER TABLE shop.customers DISABLE ROW LEVEL SECURITY',
    database: main,
    check: `${main}: table`,
    named: 'shop.customers: relrowsecurity was true',
  },
  {
    sql: `SELECT setval('claude_flow.patterns_id_seq', 1)`,
    database: shared,
    check: `${shared}: positions of sequences`,
    named: 'claude_flow.patterns_id_seq would give 101 before, 2 now',
  },
  {
    sql: 'SET track_counts = off; SELECT lo_unlink(900004)',
    database: main,
    check: `${main}: large object`,
    named: '900004',
  },
  {
    sql: 'SELECT 1',
    database: main,
    check: `${main}: tables that have lost rows or values`,
    named: 'pg_catalog.pg_largeobject',
  },
  {
    sql: 'REVOKE ALL ON LARGE OBJECT 900002 FROM cluster_reader',
    database: main,
    check: `${main}: large object`,
    named: '900002: lomacl',
  },
  {
    sql: 'DROP STATISTICS shop.orders_month',
    database: main,
    check: `${main}: statistics object`,
    named: 'shop.orders_month',
  },
  {
    sql: 'ALTER PUBLICATION shop_orders SET TABLE shop.orders',
    database: main,
    check: `${main}: publication relation`,
    named: 'where_sql was',
  },
  {
    sql: 'SELECT 1',
    database: main,
    check: `${main}: publication relation`,
    named: 'missing: shop.order_lines in publication shop_orders',
  },
  {
    sql: `ALTER PUBLICATION shop_all SET (publish = 'insert')`,
    database: main,
    check: `${main}: publication`,
    named: 'shop_all: pubupdate was true',
  },
  {
    sql: 'ALTER TABLE shop.order_lines DROP CONSTRAINT order_lines_product_id_fkey',
    database: main,
    check: `${main}: table constraint`,
    named: 'order_lines_product_id_fkey on shop.order_lines',
  },
  {
    sql: 'ALTER TABLE public.sessions ALTER COLUMN state DROP NOT NULL',
    database: main,
    check: `${main}: table column`,
    named: 'public.sessions.state: attnotnull was true',
  },
  {
    sql: 'CREATE OR REPLACE VIEW shop.new_orders AS SELECT id, customer_id, state, placed_at FROM shop.orders',
    database: main,
    check: `${main}: rule`,
    named: '"_RETURN" on shop.new_orders: rule_sql was',
  },
  {
    sql: 'SELECT 1',
    database: main,
    check: `${main}: view`,
    named: 'shop.new_orders: reloptions was check_option=cascaded security_invoker=true',
  },
  {
    sql: `CREATE OR REPLACE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`,
    database: main,
    check: `${main}: function`,
    named: 'public.touch(): prosrc was',
  },
  {
    sql: 'ALTER FUNCTION shop.keep_total() SECURITY INVOKER',
    database: main,
    check: `${main}: function`,
    named: 'shop.keep_total(): prosecdef was true',
  },
  {
    sql: 'ALTER DEFAULT PRIVILEGES FOR ROLE cluster_app IN SCHEMA shop REVOKE SELECT ON TABLES FROM cluster_reader',
    database: main,
    check: `${main}: default acl`,
    named: 'for role cluster_app in schema shop on tables',
  },
  {
    sql: 'ALTER EVENT TRIGGER watch_ddl DISABLE',
    database: main,
    check: `${main}: event trigger`,
    named: 'watch_ddl: evtenabled was O, is D',
  },
  {
    sql: 'ALTER TEXT SEARCH CONFIGURATION public.plain_english ALTER MAPPING FOR asciiword WITH english_stem',
    database: main,
    check: `${main}: text search mapping`,
    named: 'public.plain_english, 1, 1: mapdict was simple',
  },
  {
    sql: `ALTER USER MAPPING FOR cluster_app SERVER archive_server OPTIONS (SET password 'other')`,
    database: main,
    check: `${main}: user mapping`,
    named: 'umoptions was password=digest:',
  },
  {
    sql: 'DROP RULE log_state ON shop.orders',
    database: main,
    check: `${main}: rule`,
    named: 'log_state on shop.orders',
  },
  {
    sql: 'DROP EXTENSION ltree CASCADE',
    database: main,
    check: `${main}: extension versions`,
    named: 'missing: ltree',
  },
  { sql: 'SELECT 1', database: main, check: `${main}: extension`, named: 'missing: ltree (with' },
  {
    sql: 'DROP AGGREGATE shop.longest(text)',
    database: main,
    check: `${main}: aggregate`,
    named: 'shop.longest(text)',
  },
  {
    sql: 'ALTER TABLE shop.signed_documents NO INHERIT shop.documents',
    database: main,
    check: `${main}: inheritance`,
    named: 'shop.signed_documents',
  },
  {
    sql: 'REVOKE EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) FROM cluster_monitor',
    database: main,
    check: `${main}: privileges on a system object`,
    named: 'on function pg_ls_dir(text)',
  },
  {
    sql: 'REFRESH MATERIALIZED VIEW shop.sales_by_month WITH NO DATA',
    database: main,
    check: `${main}: materialized view`,
    named: 'shop.sales_by_month: relispopulated was true',
  },
  {
    sql: 'CREATE TABLE public.nobody_knows (id integer)',
    database: odd,
    check: `${odd}: table`,
    named: 'not there before: public.nobody_knows (with',
  },
];

let running: TestServer;
let before: Evidence;
let found: ComparisonCheck[];

beforeAll(async () => {
  running = await startServer(18);
  const { server, cluster } = running;
  await seed(server);
  await server.psql(PLANTED, MAIN_DATABASE);
  const invalid = 'CREATE UNIQUE INDEX CONCURRENTLY never_valid ON public.trajectories (finished)';
  await expect(server.psql(invalid, MAIN_DATABASE)).rejects.toThrow('could not create unique index');
  before = await takeEvidence(cluster, { checksums: true });
  const written = await readWriteCounters(cluster);
  const context: ComparisonContext = { writtenBeforeStop: written, writtenAtStart: written };
  const unharmed = compareEvidence(before, await takeEvidence(cluster, { checksums: true }), context);
  expect(unharmed.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  for (const database of ['postgres', main, shared, odd]) {
    const harm = LOSSES.filter((loss) => (loss.database ?? 'postgres') === database).map(({ sql }) => sql);
    await server.psql(`${harm.join(';\nRESET track_counts;\n')};`, database);
  }
  found = compareEvidence(before, await takeEvidence(cluster, { checksums: true }), context);
});

afterAll(() => running.end());

test.each(LOSSES)('$sql is found: $named', ({ check, named }) => {
  const looked = found.find(({ name }) => name === check);
  expect(looked).toMatchObject({ outcome: 'failed', detail: expect.stringContaining(named) });
});

test('no check fails but those', () => {
  const expected = new Set(LOSSES.map(({ check }) => check));
  expect(found.filter(({ name, outcome }) => outcome === 'failed' && !expected.has(name))).toEqual([]);
});

test('no password and no verifier is in the evidence', () => {
  const text = JSON.stringify(before);
  for (const secret of [...Object.values(PLANTED_PASSWORDS), 'planted-far', 'SCRAM-SHA-256$'])
    expect(text).not.toContain(secret);
  expect(before.globals.role.legacy_reports).toMatch(/"rolpassword":"sha256:[0-9a-f]{64}"/);
});

const PLANTED = `
  ALTER TABLE shop.order_lines DISABLE TRIGGER ALL;
  ALTER TABLESPACE pg_default SET (seq_page_cost = 2);
  GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO cluster_monitor;
  SELECT pg_create_physical_replication_slot('standby_1');
  CREATE SUBSCRIPTION far CONNECTION 'host=127.0.0.1 port=1 password=planted-far' PUBLICATION p WITH (connect = false);
  ALTER SUBSCRIPTION far ENABLE;
`;
