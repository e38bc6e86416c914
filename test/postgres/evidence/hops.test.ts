import type { MajorVersion } from '../../../sandbox/parts';
import type { SandboxServer } from '../../../sandbox/postgres-server';
import { MAIN_DATABASE, seed } from '../../../sandbox/seed/seed';
import { compareEvidence } from '../../../src/postgres/evidence/compare';
import type { ComparisonCheck, Evidence } from '../../../src/postgres/evidence/evidence';
import { readWriteCounters, takeEvidence } from '../../../src/postgres/evidence/take';
import { clusterOf } from '../../support/cluster';
import { type TestServer, startServer } from './server';
import { restore, upgrade } from './upgrade';

// Several servers and upgrades each; a busy machine takes its time.
jest.setTimeout(300_000);

const running: SandboxServer[] = [];
const started: TestServer[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) await server.stop('immediate');
  for (const test of started.splice(0)) await test.end();
});

async function seeded(): Promise<SandboxServer> {
  const test = await startServer(15);
  started.push(test);
  await seed(test.server);
  return test.server;
}

const take = async (server: SandboxServer): Promise<Evidence> =>
  takeEvidence(await clusterOf(server), { checksums: true });
const failed = (checks: ComparisonCheck[]): ComparisonCheck[] => checks.filter(({ outcome }) => outcome === 'failed');

/** Upgrades by pg_upgrade and nothing else, and compares. */
async function hop(old: SandboxServer, version: MajorVersion, writes?: string): Promise<Hop> {
  const before = await take(old);
  if (writes) await old.psql(writes, MAIN_DATABASE);
  const writtenBeforeStop = await readWriteCounters(await clusterOf(old));
  const next = await upgrade(old, version);
  running.push(next);
  return { next, compare: async () => compareEvidence(before, await take(next), { writtenBeforeStop }) };
}

interface Hop {
  next: SandboxServer;
  compare: () => Promise<ComparisonCheck[]>;
}

test('15 → 16 → 17 → 18: every hop loses the settings for all roles and nothing else; with these put back, nothing at all', async () => {
  let server = await seeded();
  for (const version of [16, 17, 18] as const) {
    const { next, compare } = await hop(server, version);
    const lost = failed(await compare());
    expect(lost).toEqual([expect.objectContaining({ name: 'cluster: setting of a role or database' })]);
    expect(lost[0].detail).toContain('missing: ALTER ROLE ALL');
    await next.psql(`ALTER ROLE ALL SET idle_in_transaction_session_timeout = '30min'`);
    if (version === 18) expect(failed(await compare())).toEqual([]);
    server = next;
  }
});

test('15 → 18: what pg_upgrade loses without a word is found and named, what changes with the version is not', async () => {
  const server = await seeded();
  await server.psql(PLANTED, MAIN_DATABASE);
  await server
    .psql('CREATE UNIQUE INDEX CONCURRENTLY never_valid ON public.trajectories (finished)', MAIN_DATABASE)
    .catch((error: Error) => {
      expect(error.message).toContain('could not create unique index');
    });
  await server.psql(`SELECT pg_create_physical_replication_slot('standby_1')`);
  const { next, compare } = await hop(
    server,
    18,
    `INSERT INTO public.sessions (id) VALUES ('late'); DELETE FROM shop.carts WHERE id < 5`,
  );
  await next.psql(`SET track_counts = off; DELETE FROM public.metadata WHERE key = 'installed_by'`, MAIN_DATABASE);
  await next.psql(`SET track_counts = off; UPDATE public.graph_nodes SET label = 'late' WHERE id = 1`, MAIN_DATABASE);
  const checks = await compare();
  const detail = (what: string): string | undefined =>
    checks.find(({ name }) => name === `${MAIN_DATABASE}: ${what}`)?.detail;
  expect(detail('tables that were written to, with nothing deleted')).toContain(
    'public.sessions: 20 rows before, 21 now; 1 inserted',
  );
  expect(detail('tables that were written to, with nothing deleted')).toContain(
    'public.graph_nodes: 100 rows before, 100 now; written to in between, and not counted yet',
  );
  expect(detail('tables that were deleted from or rewritten')).toContain(
    'shop.carts: 50 rows before, 46 now; 0 inserted, 0 updated, 4 deleted',
  );
  expect(Object.fromEntries(failed(checks).map((check) => [check.name, check.detail]))).toEqual({
    [`${MAIN_DATABASE}: tables that have lost rows or values`]: expect.stringMatching(
      /^public\.metadata: 2 rows before, 1 now; nothing/,
    ),
    'cluster: setting of a role or database': expect.stringContaining('ALTER ROLE ALL'),
    'cluster: replication slots': expect.stringContaining('standby_1'),
    [`${MAIN_DATABASE}: index`]: expect.stringMatching(/missing: public\.never_valid/),
    [`${MAIN_DATABASE}: trigger`]: expect.stringMatching(
      /"RI_FKey_check_ins"\(\) of order_lines_order_id_fkey.*tgenabled was D, is O/,
    ),
    [`${MAIN_DATABASE}: system object changed by hand`]: expect.stringContaining('text search configuration english'),
    [`${MAIN_DATABASE}: operator of access method`]: expect.stringContaining('of integer_ops USING btree'),
  });
});

test('15 → 18 by dump and restore: the settings for all roles are lost, and nothing else', async () => {
  const server = await seeded();
  const target = await startServer(18);
  started.push(target);
  const next = target.server;
  const before = await take(server);
  const writtenBeforeStop = await readWriteCounters(await clusterOf(server));
  await restore(server, next);
  const cluster = await clusterOf(next);
  const writtenAtStart = await readWriteCounters(cluster);
  const after = await takeEvidence(cluster, { checksums: true });
  expect(failed(compareEvidence(before, after, { writtenBeforeStop, writtenAtStart }))).toEqual([
    expect.objectContaining({
      name: 'cluster: setting of a role or database',
      detail: expect.stringContaining('ALTER ROLE ALL'),
    }),
  ]);
});

// Losses of pg_upgrade's, and beside them what legitimately looks different on 18.
const PLANTED = `
  ALTER TABLE shop.order_lines DISABLE TRIGGER ALL;
  ALTER TEXT SEARCH CONFIGURATION pg_catalog.english ALTER MAPPING FOR asciiword WITH simple;
  CREATE TYPE public.size AS ENUM ('s', 'l');
  CREATE FUNCTION public.smaller(a public.size, b public.size) RETURNS boolean LANGUAGE sql IMMUTABLE
    AS 'SELECT pg_catalog.enum_lt(a, b)';
  CREATE OPERATOR public.<<< (LEFTARG = public.size, RIGHTARG = public.size, FUNCTION = public.smaller);
  ALTER OPERATOR FAMILY pg_catalog.integer_ops USING btree ADD OPERATOR 1 public.<<< (public.size, public.size);

  CREATE UNLOGGED TABLE public.volatile (id integer NOT NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id);
  CREATE UNLOGGED TABLE public.volatile_1 PARTITION OF public.volatile FOR VALUES FROM (0) TO (10);
  CREATE DOMAIN public.needed AS text NOT NULL;
  REVOKE ALL ON public.trajectories FROM cluster_app;
  GRANT ALL ON public.patterns TO "Report Team";
  ALTER DEFAULT PRIVILEGES FOR ROLE cluster_app GRANT SELECT ON TABLES TO cluster_reader;
  GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO cluster_monitor;
  GRANT SELECT (rolname) ON pg_catalog.pg_authid TO cluster_monitor;
  CREATE ROLE granting ADMIN cluster_app;
  CREATE ROLE passive NOINHERIT;
  GRANT granting TO passive;
  CREATE VIEW public.wide AS SELECT e.namespace, count(*) FILTER (WHERE e.key > 'a') AS n, p.name,
      rank() OVER (PARTITION BY e.namespace ORDER BY p.confidence) AS place
    FROM public.memory_entries e LEFT JOIN public.patterns p ON p.id = e.id GROUP BY e.namespace, p.name, p.confidence;
  CREATE VIEW public.slots AS SELECT s.slot_name FROM pg_catalog.pg_get_replication_slots() s;
  CREATE VIEW public.written_out AS SELECT xmlserialize(CONTENT '<a/>'::xml AS text) AS x, EXTRACT(year FROM now()) AS y;
  CREATE FUNCTION public.as_json(j json) RETURNS json LANGUAGE sql BEGIN ATOMIC SELECT j; END;
  CREATE TABLE public.of_arrays (a integer[][][], b text COMPRESSION pglz, c integer CHECK (c > 0) NO INHERIT);
  ALTER TABLE public.of_arrays DROP COLUMN c;
  CREATE SUBSCRIPTION far CONNECTION 'host=127.0.0.1 port=1 password=planted-far' PUBLICATION p WITH (connect = false, slot_name = NONE);
`;
