import { execFileSync } from 'node:child_process';
import type { RuvectorUpgradeInput } from '../../src/migration/ruvector';
import { ruvectorUpgradeInput } from '../../src/migration/ruvector';
import type { Flavour } from '../../sandbox/ruvector';
import type { MajorVersion } from '../../sandbox/parts';
import { DATABASE, methods, RuvectorLab } from './lab';

/** The columns of a table, in their order. */
const COLUMNS = `select string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' order by attnum) from pg_attribute
  where attrelid = 'claude_flow.hyperbolic_embeddings'::regclass and attnum > 0 and not attisdropped`;
const SUM = `select sum(hashtextextended(t::text, 0)) from claude_flow.embeddings t`;
const SCHEMA = `select string_agg(x, E'\\n' order by x) from (
  select pg_get_viewdef(oid) || relname || relowner::regrole || coalesce(relacl::text, '') as x from pg_class where relnamespace = 'claude_flow'::regnamespace and relkind in ('v', 'm')
  union all select pg_get_functiondef(oid) || coalesce(proacl::text, '') from pg_proc where pronamespace = 'claude_flow'::regnamespace
  union all select pg_get_constraintdef(oid) from pg_constraint where connamespace = 'claude_flow'::regnamespace
  union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all select pg_get_indexdef(indexrelid) || coalesce(obj_description(indexrelid), '') from pg_index join pg_class on oid = indexrelid where relnamespace = 'claude_flow'::regnamespace
  union all select polname || pg_get_expr(polqual, polrelid) from pg_policy
  union all select pg_get_statisticsobjdef(oid) from pg_statistic_ext) s`;

const CASES: [Flavour, MajorVersion, 'in place' | 'staged rebuild'][] = [
  ['fixture', 16, 'in place'],
  ['fixture-no-path', 18, 'staged rebuild'],
  ['published', 17, 'staged rebuild'],
  ['published-path', 16, 'in place'],
];

describe.each(CASES)('%s on PostgreSQL %i', (flavour, version, strategy) => {
  let lab: RuvectorLab | undefined;
  let leftOut = '';
  beforeAll(async () => {
    const started = await RuvectorLab.start(flavour, version);
    if ('leftOut' in started) leftOut = started.leftOut;
    else lab = started;
    await lab?.seed({ rows: 2000, dimensions: 32 });
  });
  afterAll(() => lab?.stop());

  test(`0.1.0 → 2.0.0 ${strategy}, every step twice; and back by rollback.sh`, async () => {
    if (!lab) return console.warn(`LEFT OUT: ${leftOut}`);
    const before = { sum: await lab.sql(SUM), columns: await lab.sql(COLUMNS), schema: await lab.sql(SCHEMA) };
    const input: RuvectorUpgradeInput = ruvectorUpgradeInput.parse({
      cluster: 'test',
      database: DATABASE,
      to: '2.0.0',
    });

    const { plan, postgres, blockers, warnings } = await lab.twice('inspectRuvector', input);
    expect(blockers).toEqual([]);
    expect(warnings.map(({ check }) => check)).toEqual(['null-vectors']);
    expect(plan?.strategy).toBe(strategy);
    expect(plan!.indexes.map(({ method }) => method)).toEqual(Array(4).fill(methods(flavour).new));
    expect(await lab.extensionVersion()).toBe('0.1.0');

    const startedAt = '2026-01-02T03:04:05.000Z';
    const { directory } = await lab.twice('openRuvectorUpgrade', {
      cluster: 'test',
      database: DATABASE,
      postgres,
      migration: 'm1',
      startedAt,
      plan: plan!,
    });
    expect(directory).toMatch(/\/ruvector_upgrade_0\.1\.0_to_2\.0\.0_20260102030405$/);
    const ref = { cluster: 'test', migration: 'm1', directory };
    const taken = await lab.twice('takeVectorEvidence', { ref, when: 'before' });
    expect(taken.rows).toBe(4060);
    expect(taken.indexes.map(({ recall }) => recall! > 0.5)).toEqual([true, true]);
    await lab.twice('backUpVectors', ref);
    const rehearsal = await lab.twice('rehearseRuvector', ref);
    expect(rehearsal.backup.map(({ rows }) => rows)).toEqual(['2000', '60', '2000']);
    expect(await lab.extensionVersion()).toBe('0.1.0');

    const conversion = await lab.run('convertRuvector', ref);
    expect(conversion.writesMs).toBeGreaterThanOrEqual(conversion.readsMs);
    await lab.run('convertRuvector', ref);
    expect(await lab.extensionVersion()).toBe('2.0.0');
    for (const { identity } of plan!.indexes) await lab.twice('buildUpgradedIndex', { ref, index: identity });
    await lab.twice('analyzeVectorTables', ref);
    await lab.twice('takeVectorEvidence', { ref, when: 'after' });
    const checks = await lab.twice('compareVectors', { ref, recallLoss: 0.1 });
    expect(checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(checks.length).toBeGreaterThan(15);
    expect({ sum: await lab.sql(SUM), columns: await lab.sql(COLUMNS) }).toEqual({
      sum: before.sum,
      columns: before.columns,
    });
    expect(
      await lab.sql(
        `select string_agg(amname, ' ') from pg_class c join pg_am a on a.oid = relam where relname in ('idx_embeddings_vector', 'idx_hyperbolic', 'idx_events', 'idx_first_ones')`,
      ),
    ).toBe(Array(4).fill(methods(flavour).new).join(' '));

    // What is written afterwards is not lost by going back.
    await lab.sql(
      `insert into claude_flow.embeddings ("Key", embedding) select 'new', embedding from claude_flow.embeddings where id = 1`,
    );
    execFileSync('sh', [`${directory}/rollback.sh`], { env: { ...process.env, ...passwordFile(lab) }, input: '' });
    expect(await lab.extensionVersion()).toBe('0.1.0');
    expect(await lab.sql(`select count(*) from claude_flow.embeddings where "Key" = 'new'`)).toBe('1');
    await lab.sql(`delete from claude_flow.embeddings where "Key" = 'new'`);
    expect({ sum: await lab.sql(SUM), columns: await lab.sql(COLUMNS), schema: await lab.sql(SCHEMA) }).toEqual(before);
    await lab.twice('rollBackRuvector', { ref, by: 'test' });
    expect(await lab.extensionVersion()).toBe('0.1.0');
    expect(
      await lab.run('heldRuvectorUpgrades', { cluster: 'test', database: DATABASE, extension: 'ruvector' }),
    ).toEqual({ installed: '0.1.0', upgrades: [{ directory, from: '0.1.0', to: '2.0.0' }] });
  }, 300_000);
});

function passwordFile(lab: RuvectorLab): Record<string, string> {
  const file = `${lab.root.path}/pgpass`;
  const script = 'umask 077; printf "*:*:*:*:%s\\n" "$2" >"$1"; chown "$3" "$1"';
  execFileSync('sh', ['-c', script, 'sh', file, lab.server.adminPassword, lab.server.osUser]);
  return { PGPASSFILE: file };
}
