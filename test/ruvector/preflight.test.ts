import { ruvectorUpgradeInput } from '../../src/migration/ruvector';
import { withSql } from '../../src/postgres/connection';
import type { Finding } from '../../src/postgres/preflight/check';
import { readLive } from '../../src/ruvector/live';
import { spaceFindings } from '../../src/ruvector/preflight/space';
import { DATABASE, RuvectorLab } from './lab';

let lab: RuvectorLab | undefined;
let leftOut = '';
beforeAll(async () => {
  const started = await RuvectorLab.start('fixture-no-path', 17);
  if ('leftOut' in started) leftOut = started.leftOut;
  else lab = started;
  await lab?.seed({ rows: 200, dimensions: 8 });
});
afterAll(() => lab?.stop());

async function found(setUp: string, input: Record<string, unknown> = {}): Promise<Finding[]> {
  await lab!.sql(setUp);
  const parsed = ruvectorUpgradeInput.parse({ cluster: 'test', database: DATABASE, to: '2.0.0', ...input });
  const { warnings, blockers } = await lab!.run('inspectRuvector', parsed);
  return [...blockers, ...warnings];
}

const named = (findings: Finding[], check: string) => findings.filter((finding) => finding.check === check);

test('what stands in the way of a staged rebuild is found before anything is touched, each by its own check', async () => {
  if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
  const traps = `
    create table claude_flow.free (id int, v ruvector);
    insert into claude_flow.free values (1, '[1,2]'), (2, '[1,2,3]'), (3, '[0,0,0]');
    create index concurrently failed on claude_flow.free using ruvector_hnsw (v ruvector_l2_ops);`;
  await expect(lab.sql(traps)).rejects.toThrow('column does not have dimensions');
  await lab.sql(
    `alter table claude_flow.embeddings add column norm float8 generated always as (ruvector_norm(embedding)) stored`,
  );
  await lab.sql(`update pg_index set indisvalid = false where indexrelid = 'claude_flow.idx_hyperbolic'::regclass`);
  await lab.sql(`create table claude_flow.many (v ruvector[]); create domain claude_flow.short as ruvector(2)`);
  const findings = await found('select 1');
  expect(named(findings, 'vector-dimensions').map(({ seen }) => seen)).toEqual([
    expect.stringContaining('2 to 3 dimensions'),
  ]);
  expect(named(findings, 'zero-vectors').map(({ object }) => object)).toEqual(['"claude_flow"."free"."v"']);
  expect(named(findings, 'null-vectors').map(({ seen }) => seen)).toEqual([expect.stringContaining('20 of 200 rows')]);
  expect(named(findings, 'invalid-index').map(({ object, severity }) => [object, severity])).toEqual([
    // What a failed concurrent build left, and one that was marked.
    ['index "claude_flow"."failed"', 'blocker'],
    ['index "claude_flow"."idx_hyperbolic"', 'blocker'],
  ]);
  expect(named(findings, 'generated-columns').map(({ object }) => object)).toEqual([
    'generated column claude_flow.embeddings."norm"',
  ]);
  expect(named(findings, 'dependants').map(({ object }) => object)).toEqual([
    'table column claude_flow.many.v',
    'type claude_flow.short',
  ]);
  expect(await lab.extensionVersion()).toBe('0.1.0');
  await lab.sql(`drop table claude_flow.free, claude_flow.many; drop domain claude_flow.short`);
  await lab.sql(`update pg_index set indisvalid = true where indexrelid = 'claude_flow.idx_hyperbolic'::regclass`);
}, 200_000);

test('a view on a function that is gone in the new version is named by the rehearsal; what a person accepts is a warning', async () => {
  if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
  const view =
    'create view claude_flow.far as select id, ruvector_cosine_distance(embedding, embedding) as d from claude_flow.embeddings';
  const blocked = await found(view, { accept: ['generated-columns'] });
  expect(named(blocked, 'rehearsal').map(({ seen }) => seen)).toEqual([
    expect.stringContaining('ruvector_cosine_distance'),
  ]);
  expect(named(blocked, 'generated-columns').map(({ severity, accepted }) => [severity, accepted])).toEqual([
    ['warning', true],
  ]);
  const free = await found('drop view claude_flow.far', { accept: ['generated-columns'] });
  expect(free.filter(({ severity }) => severity === 'blocker')).toEqual([]);
}, 200_000);

test('the plan says how long things will wait, by a sample of the rows; a sample that fails by itself stops nothing', async () => {
  if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
  await lab.sql(`insert into claude_flow.embeddings ("Key", embedding)
    select 'more' || n, ('[' || n || ',1,2,3,4,5,6,7]')::ruvector from generate_series(1, 9000) n`);
  const input = { cluster: 'test', database: DATABASE, to: '2.0.0', accept: ['generated-columns'] };
  const inspect = () => lab!.run('inspectRuvector', ruvectorUpgradeInput.parse(input));
  const { plan } = await inspect();
  const { sample, writesMs, readsMs, indexesMs } = plan!.prediction!;
  expect(sample.of).toBe(9000 + 200 + 200 + 60);
  // Each table's part is rounded up.
  expect(sample.rows - 4000).toBeLessThan(plan!.tables.length);
  expect(sample.rows).toBeGreaterThanOrEqual(4000);
  expect(writesMs).toBeGreaterThanOrEqual(readsMs);
  expect(readsMs).toBeGreaterThan(0);
  expect(Object.keys(indexesMs)).toEqual(plan!.indexes.map(({ identity }) => identity));
  expect(Object.values(indexesMs).every((ms) => ms > 0)).toBe(true);

  // Rows that are there may break it, new ones may not, not even on the scratch server.
  await lab.sql(`alter table claude_flow.embeddings add constraint since check (id > 1000) not valid`);
  const { plan: without, warnings, blockers } = await inspect();
  expect(blockers).toEqual([]);
  expect(without!.prediction).toBeUndefined();
  expect(named(warnings, 'prediction')).toMatchObject([{ seen: expect.stringContaining('"since"') }]);
  await lab.sql(`alter table claude_flow.embeddings drop constraint since`);
}, 200_000);

test('a version that does not exist', async () => {
  if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
  const findings = await found('select 1', { to: '9.9.9' });
  expect(findings.map(({ check, seen }) => [check, seen])).toEqual([
    ['extension-version', expect.stringContaining('they have 0.1.0, 2.0.0')],
  ]);
});

test('no space for the staged copy', async () => {
  if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
  const live = (await withSql(lab.cluster, { database: DATABASE }, (sql) => readLive(sql, 'ruvector')))!;
  expect(await spaceFindings(lab.cluster, 17, live, 'staged rebuild', true)).toEqual([]);
  const huge = { ...live, tables: live.tables.map((table) => ({ ...table, bytes: 1e15 })) };
  const [finding] = await spaceFindings(lab.cluster, 17, huge, 'staged rebuild', true);
  expect(finding).toMatchObject({
    check: 'disk-space',
    severity: 'blocker',
    seen: expect.stringContaining('staged copy'),
  });
});

test('a backup directory without room is found by the pre-flight itself', async () => {
  if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
  // A file system that has no room at all.
  const full = await lab.described({ backupDirectory: '/sys/backups' });
  const input = ruvectorUpgradeInput.parse({ cluster: 'test', database: DATABASE, to: '2.0.0' });
  const { blockers } = await full.run('inspectRuvector', input);
  expect(named(blockers, 'disk-space')).toMatchObject([
    { object: '/sys', seen: expect.stringContaining('for the backup in /sys/backups') },
  ]);
  expect(await lab.extensionVersion()).toBe('0.1.0');
}, 200_000);

test('the checklist: each line a check or a sign-off that is recorded with who, when and why', async () => {
  if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
  const base = { cluster: 'test', database: DATABASE, extension: 'ruvector', from: '0.1.0', to: '2.0.0', signOff: [] };
  const lines = await lab.twice('runRuvectorChecklist', base);
  expect(Object.fromEntries(lines.map(({ name, outcome }) => [name, outcome]))).toEqual({
    'distance-functions': 'needs sign-off',
    'index-parameters': 'needs sign-off',
    'search-performance': expect.stringMatching(/passed|needs sign-off/),
    dimensions: 'passed',
    'index-size': expect.stringMatching(/passed|needs sign-off/),
    dashboards: 'needs sign-off',
    'bulk-insert': 'needs sign-off',
  });
  await lab.sql(
    `create function claude_flow.old_call() returns float8 language plpgsql as 'begin return ruvector_l2_distance(null, null); end'`,
  );
  const signed = await lab.twice('runRuvectorChecklist', {
    ...base,
    signOff: [{ line: 'dashboards', by: 'ann', note: 'panels changed' }],
  });
  expect(signed.find(({ name }) => name === 'distance-functions')).toMatchObject({
    outcome: 'failed',
    evidence: expect.stringContaining('claude_flow.old_call'),
  });
  expect(signed.find(({ name }) => name === 'dashboards')).toMatchObject({
    outcome: 'signed off',
    signOff: { by: 'ann', note: 'panels changed', at: expect.any(String) },
  });
  expect((await lab.run('runRuvectorChecklist', base)).find(({ name }) => name === 'dashboards')!.outcome).toBe(
    'signed off',
  );
  await expect(
    lab.run('runRuvectorChecklist', { ...base, signOff: [{ line: 'nope', by: 'ann', note: 'x' }] }),
  ).rejects.toThrow('there is no line "nope"');
}, 200_000);
