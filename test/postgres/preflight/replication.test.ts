import { freePort } from '../../../sandbox/free-port';
import { run } from '../../../sandbox/command';
import { asUser } from '../../../sandbox/os-user';
import { createStandby } from '../../../sandbox/standby';
import type { SandboxServer } from '../../../sandbox/postgres-server';
import { checksumsAndSegmentSize } from '../../../src/postgres/preflight/checks/checksums-and-segment-size';
import { serverVersion } from '../../../src/postgres/preflight/checks/server-version';
import { standbyHosts } from '../../../src/postgres/preflight/checks/standby-hosts';
import { standbys } from '../../../src/postgres/preflight/checks/standbys';
import type { PreflightReport } from '../../../src/postgres/preflight/run';
import { found, preflight, startServer } from './support';

/** From 17 on pg_upgrade carries slots and subscriptions over, and refuses some of them. */
describe('a publisher and subscriber, 17 → 18', () => {
  let server: SandboxServer;
  let end: () => Promise<void>;
  let report: PreflightReport;

  beforeAll(async () => {
    ({ server, end } = await startServer({
      version: 17,
      checksums: false,
      settings: { wal_level: 'logical', max_replication_slots: '20' },
      initdbArgs: ['--wal-segsize=32', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    }));
    const subscriptions = Array.from(
      { length: 12 },
      (_, n) => `create subscription s${n} connection 'dbname=nowhere' publication p with (connect = false);`,
    );
    await server.psql(`
      create table words (w tsvector); create index words_w on words using gin (w);
      create table copying (a int);
      select pg_create_logical_replication_slot('unread', 'test_decoding');
      ${subscriptions.join('\n')}
      insert into pg_subscription_rel (srsubid, srrelid, srsubstate)
        select s.oid, 'copying'::regclass, 'd' from pg_subscription s where subname = 's0'`);
    report = await preflight(server, { from: 17, to: 18 });
  });
  afterAll(() => end?.());

  test('a slot that nobody reads would not be caught up', () => {
    const [slot] = found(report, 'replication-slots', 'replication slot unread');
    expect(slot).toMatchObject({ severity: 'blocker', effect: 'ends the upgrade', judgement: true });
    expect(slot.action).toContain(`pg_drop_replication_slot('unread')`);
  });

  test('subscriptions that are still copying, and more of them than the target tracks', () => {
    expect(found(report, 'subscriptions', 'table public.copying')[0].seen).toContain(
      'subscription s0 is still copying it',
    );
    const [limit] = found(report, 'subscriptions', 'max_active_replication_origins');
    expect(limit).toMatchObject({ severity: 'blocker', version: 18 });
    expect(limit.action).toContain('max_active_replication_origins = 12');
  });

  test("the target is made with the builtin provider, the old WAL segments' size and no checksums", () => {
    expect(found(report, 'checksums-and-segment-size')).toEqual([
      expect.objectContaining({ severity: 'notice', object: 'data checksums' }),
    ]);
    expect(found(report, 'locale-and-encoding')).toEqual([]);
  });

  test('text search follows the builtin provider from 18 on', () => {
    expect(found(report, 'changed-behaviour', 'indexes public.words_w')).toEqual([
      expect.objectContaining({ severity: 'warning', version: 18, action: 'REINDEX them after the phase.' }),
    ]);
  });
});

describe('a primary with a standby', () => {
  let primary: SandboxServer;
  let standby: SandboxServer;
  let end: () => Promise<void>;

  beforeAll(async () => {
    ({ server: primary, end } = await startServer({ version: 15, checksums: false }));
    standby = await createStandby(primary, { name: 's1', slot: true });
    await until(primary, `exists (select from pg_stat_replication where state = 'streaming')`);
  });
  afterAll(async () => {
    await standby?.stop('immediate');
    await end?.();
  });

  const hop = { from: 15, to: 16, checks: [standbys, standbyHosts] };
  const listed = (more: object = {}) => ({
    standbys: [
      {
        ...{ host: 'here', name: 'replica', port: standby.port, dataDirectory: `${standby.root}/{version}/main` },
        ...more,
      },
    ],
  });

  test('one that the inventory does not name is a blocker that can be accepted', async () => {
    const report = await preflight(primary, hop);
    const [stranger] = found(report, 'standbys');
    expect(stranger).toMatchObject({ severity: 'blocker', object: 'standby s1', judgement: true });
    expect(stranger).toMatchObject({
      seen: expect.stringContaining('slot s1'),
      action: expect.stringContaining('inventory'),
    });
    expect(await preflight(primary, { ...hop, accept: ['standbys'] })).toMatchObject({ blockers: 0, warnings: 1 });
  });

  test('one that it names is in order', async () => {
    expect(await preflight(primary, { ...hop, entry: listed() })).toMatchObject({
      blockers: 0,
      warnings: 0,
      passed: 2,
    });
  });

  test('one that does not answer is a blocker that names host and port', async () => {
    const port = await freePort();
    const report = await preflight(primary, { ...hop, entry: listed({ port }), accept: ['standbys'] });
    expect(found(report, 'standbys', 'standby replica')).toEqual([
      expect.objectContaining({
        severity: 'blocker',
        seen: expect.stringMatching(new RegExp(`127.0.0.1:${port} as host here`)),
      }),
    ]);
  });

  test('programs and directories of its host are looked at', async () => {
    await run(asUser(primary.osUser, ['mkdir', '-p', `${standby.root}/16/main/taken`]));
    const entry = listed({ binDirectory: '/nowhere/{version}' });
    const texts = found(await preflight(primary, { ...hop, entry }), 'standby-hosts').map(({ object }) => object);
    expect(texts).toEqual(expect.arrayContaining(['/nowhere/16/pg_basebackup on here', '/nowhere/15/pg_ctl on here']));
    expect(texts).toContainEqual(expect.stringMatching(/s1\/16\/main on here$/));
  });

  test('one whose replay is paused, and that is far behind', async () => {
    await standby.psql('select pg_wal_replay_pause()');
    await primary.psql(`create table filler as select repeat(md5(n::text), 30) from generate_series(1, 15000) n`);
    const report = await preflight(primary, { ...hop, entry: listed() });
    expect(found(report, 'standbys', 'standby replica')).toEqual([
      expect.objectContaining({ severity: 'blocker', action: expect.stringContaining('pg_wal_replay_resume()') }),
      expect.objectContaining({ severity: 'warning', seen: expect.stringMatching(/\d+ MB of WAL still to replay/) }),
    ]);
  });

  test('a standby is not taken for the primary', async () => {
    const report = await preflight(standby, {
      from: 15,
      to: 16,
      checks: [serverVersion],
      entry: { port: standby.port },
    });
    const texts = report.results[0].findings.map(({ seen }) => seen);
    expect(texts).toContainEqual(expect.stringContaining('is a standby'));
  });

  test('a cluster without checksums goes to 18 without them', async () => {
    const report = await preflight(primary, { from: 15, to: 18, checks: [checksumsAndSegmentSize] });
    expect(report.results[0]).toMatchObject({
      outcome: 'passed',
      findings: [{ severity: 'notice', object: 'data checksums' }],
    });
  });
});

async function until(server: SandboxServer, condition: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while ((await server.psql(`select ${condition}`)) !== 't') {
    if (Date.now() > deadline) throw new Error(`still not so after 20 s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
