import type { RuvectorUpgradeInput } from '../../src/migration/ruvector';
import { ruvectorUpgradeInput } from '../../src/migration/ruvector';
import type { Flavour } from '../../sandbox/ruvector';
import type { MajorVersion } from '../../sandbox/parts';
import { DATABASE, methods, RuvectorLab } from './lab';
import { snapshot } from './snapshot';

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
    const before = await snapshot(lab);
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
    expect(await snapshot(lab)).toMatchObject({ sum: before.sum, columns: before.columns });
    expect(
      await lab.sql(
        `select string_agg(amname, ' ') from pg_class c join pg_am a on a.oid = relam where relname in ('idx_embeddings_vector', 'idx_hyperbolic', 'idx_events', 'idx_first_ones')`,
      ),
    ).toBe(Array(4).fill(methods(flavour).new).join(' '));

    // What is written afterwards is not lost by going back.
    await lab.sql(
      `insert into claude_flow.embeddings ("Key", embedding) select 'new', embedding from claude_flow.embeddings where id = 1`,
    );
    lab.rollbackScript(directory);
    expect(await lab.extensionVersion()).toBe('0.1.0');
    expect(await lab.sql(`select count(*) from claude_flow.embeddings where "Key" = 'new'`)).toBe('1');
    await lab.sql(`delete from claude_flow.embeddings where "Key" = 'new'`);
    expect(await snapshot(lab)).toEqual(before);
    await lab.twice('rollBackRuvector', { ref, by: 'test' });
    expect(await lab.extensionVersion()).toBe('0.1.0');
    expect(
      await lab.run('heldRuvectorUpgrades', { cluster: 'test', database: DATABASE, extension: 'ruvector' }),
    ).toEqual({ installed: '0.1.0', upgrades: [{ directory, from: '0.1.0', to: '2.0.0' }] });
  }, 300_000);
});
