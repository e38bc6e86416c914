import { MockActivityEnvironment } from '@temporalio/testing';
import { rewriteActivities } from '../../../src/activities/rewrite';
import { FAILURE } from '../../../src/migration/failures';
import type { ReportedText, RewriteReport } from '../../../src/ruvector/report/rewrite-report';
import { clusterOf } from '../../support/cluster';
import { CORPUS_SCHEMA, PUBLISHED_SIGN, corpusServer, type CorpusServer } from './corpus-server';

/** The report on a real database: every kind of object that can hold a call, and the statements that were run. */
const OBJECTS = `
CREATE FUNCTION near(q ruvector) RETURNS SETOF int LANGUAGE plpgsql AS $$
BEGIN RETURN QUERY SELECT id FROM items ORDER BY ruvector_l2_distance(embedding, q); END $$;
CREATE FUNCTION atomic(q ruvector) RETURNS float8 LANGUAGE sql RETURN ruvector_l2_distance(q, q);
CREATE PROCEDURE noted() LANGUAGE sql AS 'SELECT ruvector_l2_distance(other, other) FROM items';
CREATE FUNCTION dynamic(t text) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN EXECUTE 'SELECT ruvector_l2_distance(a, b) FROM ' || t; END $$;
CREATE VIEW near_view AS SELECT id, ruvector_cosine_distance(embedding, other) FROM items;
CREATE MATERIALIZED VIEW near_kept AS SELECT id, ruvector_inner_product(embedding, other) AS p FROM items;
CREATE INDEX near_index ON items (ruvector_l2_distance(embedding, other)) WHERE ruvector_cosine_distance(embedding, other) > 0;
CREATE STATISTICS near_statistics ON (ruvector_l2_distance(embedding, other)) FROM items;
CREATE TABLE pairs (a ruvector, b ruvector, d float8 GENERATED ALWAYS AS (ruvector_l2_distance(a, b)) STORED,
  e float8 DEFAULT ruvector_l2_distance('[1,2]', '[2,1]'), CONSTRAINT far CHECK (ruvector_l2_distance(a, b) > 0));
CREATE DOMAIN short AS ruvector CONSTRAINT near_zero CHECK (ruvector_l2_distance(VALUE, '[0,0,0]') < 10);
CREATE POLICY near_policy ON items USING (ruvector_l2_distance(embedding, '[1,1,1]') < 1) WITH CHECK (id > 0);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER near_trigger BEFORE UPDATE ON items FOR EACH ROW
  WHEN (ruvector_l2_distance(NEW.embedding, OLD.embedding) > 0) EXECUTE FUNCTION nothing();
CREATE RULE near_rule AS ON DELETE TO pairs WHERE ruvector_l2_distance(OLD.a, OLD.b) > 5 DO INSTEAD NOTHING;
SELECT pg_stat_statements_reset();
SELECT id FROM items WHERE ruvector_l2_distance(embedding, '[9,9,9]') < 3 /* asked */;
`;
let running: CorpusServer | undefined;
let leftOut = '';

beforeAll(async () => {
  const started = await corpusServer('fixture', 18, { shared_preload_libraries: 'pg_stat_statements' });
  if ('leftOut' in started) {
    leftOut = started.leftOut;
    return;
  }
  running = started;
  const { server } = started;
  await server.psql('CREATE DATABASE app');
  await server.psql('CREATE DATABASE negative');
  await server.psql(`CREATE EXTENSION ruvector VERSION '0.1.0'; ${PUBLISHED_SIGN} ${CORPUS_SCHEMA}`, 'app');
  await server.psql('CREATE EXTENSION pg_stat_statements', 'app');
  await server.psql(OBJECTS, 'app');
  await server.psql("CREATE SCHEMA v; CREATE EXTENSION ruvector SCHEMA v VERSION '0.1.0'", 'negative');
  await server.psql(
    'CREATE VIEW x AS SELECT v.ruvector_inner_product(v.a, v.a) AS p FROM (VALUES (NULL::v.ruvector)) v(a)',
    'negative',
  );
});

afterAll(() => running?.stop());

async function report(database: string): Promise<RewriteReport> {
  const cluster = await clusterOf(running!.server);
  const { rewriteReport } = rewriteActivities({ get: () => cluster });
  return new MockActivityEnvironment().run(rewriteReport, { cluster: 'test', database, to: 'operators' as const });
}

const added = ({ diff }: ReportedText) => /^\+(?!\+\+).*[<][-=#][>].*/m.exec(diff)?.[0] ?? '';

test('every kind of object is found, with what it would become', async () => {
  if (!running) return console.warn(`LEFT OUT: ${leftOut}`);
  const { extension, items } = await report('app');
  expect(extension).toEqual({ version: '0.1.0', schema: 'public', innerProduct: 'plain' });
  const found = items.filter(({ calls }) => calls.length > 0).map(({ kind, name }) => `${kind} ${name}`);
  expect(found).toEqual([
    'function public.atomic(public.ruvector)',
    'function public.near(public.ruvector)',
    'procedure public.noted()',
    'view public.near_view',
    'materialized view public.near_kept',
    'index public.near_index',
    'generated column public.pairs.d',
    'default public.pairs.e',
    'constraint public.pairs.far',
    'constraint public.short.near_zero',
    'policy public.items.near_policy',
    'trigger public.items.near_trigger',
    'rule public.pairs.near_rule',
    'statistics public.near_statistics',
    expect.stringMatching(/^statement -?\d+$/) as string,
  ]);
  expect(items.filter(({ problems }) => problems.length > 0)).toMatchObject([
    {
      name: 'public.dynamic(text)',
      problems: [{ line: 4, reason: 'EXECUTE of a text that is put together at run time' }],
    },
  ]);
  const view = items.find(({ kind }) => kind === 'view')!;
  expect(added(view)).toContain('embedding OPERATOR(public.<=>) other AS ruvector_cosine_distance');
  expect(added(items.find(({ kind }) => kind === 'statement')!)).toContain('embedding <-> $1 < $2 /* asked */');
});

test('it changes nothing, and says the same when it is asked again', async () => {
  if (!running) return console.warn(`LEFT OUT: ${leftOut}`);
  const before = await running.server.psql('SELECT count(*), max(xmin::text::bigint) FROM pg_proc', 'app');
  const first = await report('app');
  expect(await report('app')).toEqual(first);
  expect(await running.server.psql('SELECT count(*), max(xmin::text::bigint) FROM pg_proc', 'app')).toBe(before);
});

test('the sign of <#> is asked of the database, and its schema taken from the catalog', async () => {
  if (!running) return console.warn(`LEFT OUT: ${leftOut}`);
  const { extension, items } = await report('negative');
  expect(extension).toEqual({ version: '0.1.0', schema: 'v', innerProduct: 'negative' });
  expect(added(items[0])).toContain('-(a OPERATOR(v.<#>) a)');
});

test.each([
  ['nowhere', 'has no database "nowhere"'],
  ['postgres', 'does not have the extension ruvector'],
])('database %s is refused as bad input', async (database, message) => {
  if (!running) return console.warn(`LEFT OUT: ${leftOut}`);
  await expect(report(database)).rejects.toMatchObject({
    ...{ type: FAILURE.invalidInput, nonRetryable: true, message: expect.stringContaining(message) as string },
  });
});
