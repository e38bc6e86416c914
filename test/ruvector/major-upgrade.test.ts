import { phaseStamp } from '../../src/migration/phase';
import { stopServer } from '../../src/postgres/service';
import { DATABASE, methods, RuvectorLab } from './lab';

const STARTED = '2026-03-04T05:06:07.000Z';

test('PostgreSQL 16 → 17 keeps RuVector 0.1.0 with its index, though the packages have 2.0.0', async () => {
  const lab = await RuvectorLab.start('fixture', 16, [17]);
  if ('leftOut' in lab) return console.warn(`LEFT OUT: ${lab.leftOut}`);
  try {
    await lab.seed({ rows: 500, dimensions: 16 });
    const hop = { cluster: 'test', from: 16, to: 17, mode: 'copy' as const };
    const { blockers } = await lab.run('preflight', { ...hop, accept: [] });
    expect(blockers).toEqual([]);
    const { directory } = await lab.run('openPhase', {
      ...hop,
      name: `upgrade_16_to_17_${phaseStamp(STARTED)}`,
      migration: 'm',
      startedAt: STARTED,
    });
    const phase = { cluster: 'test', migration: 'm', from: 16, to: 17, directory };
    await lab.run('takeEvidence', { phase, when: 'before', checksums: true });
    await lab.run('takeBackup', phase);
    await lab.run('prepareTarget', { phase, settings: {} });
    await lab.run('outage', phase);
    const { updated, left } = await lab.run('updateExtensions', phase);
    expect(updated).toEqual([]);
    expect(left).toEqual([
      {
        database: DATABASE,
        extension: 'ruvector',
        before: '0.1.0',
        after: '2.0.0',
        why: 'a major version is not jumped unasked',
      },
    ]);
    await lab.run('takeEvidence', { phase, when: 'after', checksums: true });
    expect((await lab.run('compareEvidence', phase)).failed).toEqual([]);
    expect(await lab.sql('show server_version_num')).toMatch(/^17/);
    expect(await lab.extensionVersion()).toBe('0.1.0');
    expect(await lab.sql("select pg_get_indexdef('claude_flow.idx_embeddings_vector'::regclass)")).toContain(
      methods('fixture').old,
    );
    await stopServer(lab.cluster, 17);
  } finally {
    await lab.stop();
  }
}, 300_000);
