import type { MajorVersion } from '../../sandbox/parts';
import type { Flavour } from '../../sandbox/ruvector';
import { vectorIndexRebuildInput, type VectorIndexRebuildInput } from '../../src/migration/ruvector';
import { QUERIES } from '../../src/ruvector/neighbours';
import { SETTINGS } from '../../src/ruvector/tune';
import { DATABASE, methods, RuvectorLab } from './lab';

const INDEX = 'claude_flow.idx_embeddings_vector';
/** The parameters of every index whose name begins like that of the one that is rebuilt. */
const NAMES = `select string_agg(relname || ' ' || array_to_string(reloptions, ' '), ', ' order by relname) from pg_class
  where relnamespace = 'claude_flow'::regnamespace and relname like 'idx\\_embeddings\\_vector%'`;
const OLD = 'm=16 ef_construction=64';
const NEW = 'm=24 ef_construction=100';

const input = (more: Partial<VectorIndexRebuildInput>): VectorIndexRebuildInput =>
  vectorIndexRebuildInput.parse({ cluster: 'test', database: DATABASE, index: INDEX, ...more });

const CASES: [Flavour, MajorVersion][] = [
  ['fixture', 17],
  ['published', 17],
];

// One rebuild in its order, every activity twice. Each test stands on the ones before it, as the steps do.
describe.each(CASES)('the steps of a rebuild, each of them twice, with %s on PostgreSQL %i', (flavour, version) => {
  let lab: RuvectorLab | undefined;
  let leftOut = '';
  let ref: Parameters<RuvectorLab['activities']['buildVectorIndex']>[0];
  beforeAll(async () => {
    const started = await RuvectorLab.start(flavour, version);
    if ('leftOut' in started) leftOut = started.leftOut;
    else lab = started;
    await lab?.seed({ rows: 1000, dimensions: 16 });
  });
  afterAll(() => lab?.stop());

  test('planVectorIndexRebuild', async () => {
    if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
    const plan = await lab.twice('planVectorIndexRebuild', input({ m: 24, ef_construction: 100 }));
    expect(plan).toMatchObject({
      old: { method: methods(flavour).old, options: OLD.split(' ') },
      building: 'idx_embeddings_vector_pgp_new',
      // The published extension refuses to build concurrently.
      index: { options: NEW.split(' '), concurrently: flavour === 'fixture' },
    });
    ref = { cluster: 'test', database: DATABASE, extension: 'ruvector', migration: 'twice', plan };
  });

  test('tuneVectorIndex leaves no sample behind, and starts anew where a killed one left its sample', async () => {
    if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
    await lab.sql('create schema pgpassage_tune; create table pgpassage_tune.sample (id int)');
    const trials = await lab.twice('tuneVectorIndex', { ref, sampleRows: 200 });
    expect(trials.map(({ m, ef_construction }) => ({ m, ef_construction }))).toEqual(SETTINGS);
    expect(trials.map(({ queries, bytes }) => queries === QUERIES && bytes > 0)).toEqual(SETTINGS.map(() => true));
    expect(await lab.sql("select count(*) from pg_namespace where nspname = 'pgpassage_tune'")).toBe('0');
    expect(await lab.sql(NAMES)).toBe(`idx_embeddings_vector ${OLD}`);
  });

  test('buildVectorIndex builds one index, and anew over one that a killed build left INVALID', async () => {
    if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
    await lab.twice('buildVectorIndex', ref);
    const oid = `select oid from pg_class where relname = 'idx_embeddings_vector_pgp_new'`;
    const first = await lab.sql(oid);
    await lab.twice('buildVectorIndex', { ...ref, migration: 'after-a-kill' });
    expect(await lab.sql(oid)).toBe(first);
    await lab.sql(`update pg_index set indisvalid = false where indexrelid = (${oid})`);
    await lab.twice('buildVectorIndex', { ...ref, migration: 'after-an-invalid-one' });
    expect(await lab.sql(oid)).not.toBe(first);
    expect(await lab.sql(`select indisvalid from pg_index where indexrelid = (${oid})`)).toBe('t');
    expect(await lab.sql(NAMES)).toBe(`idx_embeddings_vector ${OLD}, idx_embeddings_vector_pgp_new ${NEW}`);
  });

  test('measureVectorIndexes measures both, and hides neither from anybody else', async () => {
    if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
    const measures = await lab.twice('measureVectorIndexes', ref);
    expect(measures.map(({ name, queries, recall }) => [name, queries, recall! > 0.5])).toEqual([
      ['idx_embeddings_vector', QUERIES, true],
      ['idx_embeddings_vector_pgp_new', QUERIES, true],
    ]);
    expect(await lab.sql('select count(*) from pg_index where not indisvalid')).toBe('0');
  });

  test('swapVectorIndexes, analyzeTable', async () => {
    if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
    await lab.twice('swapVectorIndexes', ref);
    expect(await lab.sql(NAMES)).toBe(`idx_embeddings_vector ${NEW}, idx_embeddings_vector_pgp_old ${OLD}`);
    const analyzed = `select analyze_count from pg_stat_user_tables where relid = 'claude_flow.embeddings'::regclass`;
    const before = Number(await lab.sql(analyzed));
    await lab.twice('analyzeTable', ref);
    expect(Number(await lab.sql(analyzed))).toBe(before + 2);
  });

  test('swapVectorIndexesBack, and dropVectorIndex of the new one: a rejection', async () => {
    if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
    await lab.twice('swapVectorIndexesBack', ref);
    expect(await lab.sql(NAMES)).toBe(`idx_embeddings_vector ${OLD}, idx_embeddings_vector_pgp_new ${NEW}`);
    await lab.twice('dropVectorIndex', { ref, name: ref.plan.building });
    expect(await lab.sql(NAMES)).toBe(`idx_embeddings_vector ${OLD}`);
    // Undone once more, whatever was done of it: the index that serves stays.
    await lab.twice('swapVectorIndexesBack', ref);
    expect(await lab.sql(NAMES)).toBe(`idx_embeddings_vector ${OLD}`);
  });

  test('and dropVectorIndex of the old one, after another build: an approval', async () => {
    if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
    await lab.twice('buildVectorIndex', { ...ref, migration: 'approved' });
    await lab.twice('swapVectorIndexes', ref);
    await lab.twice('dropVectorIndex', { ref, name: ref.plan.retired });
    expect(await lab.sql(NAMES)).toBe(`idx_embeddings_vector ${NEW}`);
  });

  test.each(['idx_embeddings_vector_pgp_new', 'idx_embeddings_vector_pgp_old'])(
    '%s, left by a rebuild that was terminated, is named before anything is built',
    async (name) => {
      if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
      await lab.sql(`create index ${name} on claude_flow.embeddings (id)`);
      await expect(lab.run('planVectorIndexRebuild', input({ m: 8 }))).rejects.toMatchObject({
        message: expect.stringContaining(`"claude_flow"."${name}" is there already`),
        nonRetryable: true,
      });
      await lab.sql(`drop index claude_flow.${name}`);
    },
  );
});
