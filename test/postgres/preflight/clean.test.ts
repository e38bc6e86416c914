import { readdir } from 'node:fs/promises';
import { run } from '../../../sandbox/command';
import { asUser } from '../../../sandbox/os-user';
import type { SandboxServer } from '../../../sandbox/postgres-server';
import { seed, SEED_HBA, SEED_SETTINGS, PLANTED_PASSWORDS } from '../../../sandbox/seed/seed';
import { layout } from '../../../src/postgres/cluster';
import { withSql } from '../../../src/postgres/connection';
import { readClusterProperties } from '../../../src/postgres/init-target';
import { checksumsAndSegmentSize } from '../../../src/postgres/preflight/checks/checksums-and-segment-size';
import { makePlace, ScratchServer } from '../../../src/postgres/preflight/scratch-server';
import { clusterOf } from '../../support/cluster';
import { concerns, found, preflight, startServer } from './support';

/** Zero findings on a cluster that is in order count as much as finding all on one that is not. */
describe('a cluster that is in order', () => {
  let server: SandboxServer;
  let end: () => Promise<void>;

  beforeAll(async () => {
    ({ server, end } = await startServer({ version: 15, settings: SEED_SETTINGS, hba: SEED_HBA }));
    await seed(server);
  });
  afterAll(() => end?.());

  test('passes every check on the way to 16', async () => {
    const report = await preflight(server, { from: 15, to: 16 });
    expect(concerns(report)).toEqual([]);
    expect(report).toMatchObject({ from: 15, to: 16, blockers: 0, warnings: 0, passed: report.results.length });
    // Extensions keep their versions, and functions with dynamic SQL or own settings are known: for the record only.
    expect(found(report, 'role-all-settings')).toHaveLength(1);
  });

  test('passes with tables in a tablespace, names of all kinds, and an admin whose sessions are set up otherwise', async () => {
    const location = `${server.root}/a space`;
    await run(asUser(server.osUser, ['mkdir', location]));
    await server.psql(`create tablespace "a space" location '${location}'`);
    for (const database of ['a=b', 'quo"te', '-dash', 'postgresql://x']) {
      await server.psql(`create database "${database.replaceAll('"', '""')}"`);
      const client = await server.connect(database);
      await client.query('create table "T ""1" (id int primary key) tablespace "a space"');
      await client.query(`create function count(anyelement) returns bigint language sql as 'select 1 / 0'`);
      await client.end();
    }
    await server.psql(`alter database "a=b" set default_transaction_read_only = on`);
    for (const setting of [
      "datestyle = 'SQL, DMY'",
      'default_transaction_read_only = on',
      'quote_all_identifiers = on',
      "search_path = 'public'",
    ])
      await server.psql(`begin read write; alter role postgres set ${setting}; commit`);
    try {
      expect(concerns(await preflight(server, { from: 15, to: 16 }))).toEqual([]);
    } finally {
      await server.psql('begin read write; alter role postgres reset all; commit');
    }
  });

  test('is warned of its one md5 password on the way to 18, and of nothing else', async () => {
    const report = await preflight(server, { from: 15, to: 18 });
    expect(concerns(report)).toEqual([expect.stringMatching(/^warning md5-passwords - role legacy_reports/)]);
    const text = JSON.stringify(report);
    for (const password of [server.adminPassword, ...Object.values(PLANTED_PASSWORDS)])
      expect(text).not.toContain(password);
  });

  test("a scratch server that a killed worker left is stopped and replaced, and the run's own is removed", async () => {
    const cluster = await clusterOf(server);
    const paths = layout(cluster, 16);
    const place = await makePlace(cluster, paths);
    const properties = await withSql(cluster, {}, readClusterProperties);
    const settings = {
      shared_preload_libraries: [],
      dynamic_library_path: '$libdir',
      wal_level: 'replica',
      max_replication_slots: '10',
    };
    const left = await ScratchServer.create(cluster, paths, place, properties, settings);
    await left.start();

    const report = await preflight(server, { from: 15, to: 16, checks: [checksumsAndSegmentSize] });
    expect(concerns(report)).toEqual([]);
    expect(await readdir(`${server.root}/work/test`)).toEqual([]);
    await expect(readdir(place.socketDirectory)).rejects.toThrow('ENOENT');
    expect(await run(['pgrep', '-fc', left.dataDirectory]).catch(() => '0')).toBe('0');
  });
});
