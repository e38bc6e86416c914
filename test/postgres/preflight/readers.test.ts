import { initdbArguments, type ClusterProperties } from '../../../src/postgres/init-target';
import { differences } from '../../../src/postgres/preflight/checks/checksums-and-segment-size';
import { shortages, targetPart } from '../../../src/postgres/preflight/checks/disk-space';
import { listeners } from '../../../src/postgres/preflight/checks/ports-and-directories';
import { hopFindings, minorFindings, targetMinorFindings } from '../../../src/postgres/preflight/checks/server-version';
import { nodeReferences } from '../../../src/postgres/preflight/node-tree';
import { readComplaints } from '../../../src/postgres/preflight/pg-upgrade-report';
import { restoreErrors } from '../../../src/postgres/preflight/schema-restore';
import { bodyNames } from '../../../src/postgres/preflight/statement-names';

/** What can not be had from the versions at hand, and what has to be read from programs' output. */
describe('versions', () => {
  test('18.0 is refused, an old minor is worth a word, a new one is not', () => {
    expect(targetMinorFindings(18, 0, 18)[0]).toMatchObject({ severity: 'blocker', object: 'PostgreSQL 18.0' });
    expect(targetMinorFindings(18, 1, 18)).toEqual([]);
    expect(targetMinorFindings(17, 10, 18)[0]).toMatchObject({ severity: 'blocker' });
    expect(minorFindings(15, 2, 'the running server')[0]).toMatchObject({
      severity: 'warning',
      object: 'PostgreSQL 15.2',
    });
    expect(minorFindings(15, 18, 'the running server')).toEqual([]);
  });

  test('only supported versions, and only upwards', () => {
    expect(hopFindings(15, 18)).toEqual([]);
    expect(hopFindings(17, 16)[0].action).toContain('pg_upgrade only goes up');
    expect(hopFindings(14, 18)[0].seen).toBe('PostgreSQL 14 is not supported');
  });
});

describe('initdb of the target', () => {
  const old: ClusterProperties = {
    ...{
      version: 15,
      superuser: 'postgres',
      encoding: 'UTF8',
      localeProvider: 'libc',
      lcCollate: 'C.UTF-8',
      lcCtype: 'C.UTF-8',
    },
    ...{ lcMessages: '', lcMonetary: 'C', lcNumeric: 'C', lcTime: 'C', checksums: false, groupAccess: false },
    ...{ walSegmentBytes: 16 * 1024 * 1024, blockBytes: 8192, segmentBlocks: 131072, walBlockBytes: 8192 },
  };

  test('--no-data-checksums is said to 18 alone: 17 does not know it', () => {
    expect(initdbArguments(old, 17).filter((option) => option.includes('checksums'))).toEqual([]);
    expect(initdbArguments(old, 18)).toContain('--no-data-checksums');
    for (const version of [16, 18])
      expect(initdbArguments({ ...old, checksums: true }, version)).toContain('--data-checksums');
  });

  test('nothing is left to the environment, and nobody gets in by TCP', () => {
    expect(initdbArguments({ ...old, groupAccess: true }, 16)).toEqual([
      ...['--username=postgres', '--auth-local=trust', '--auth-host=reject', '--encoding=UTF8'],
      ...[
        '--locale=C',
        '--lc-collate=C.UTF-8',
        '--lc-ctype=C.UTF-8',
        '--lc-monetary=C',
        '--lc-numeric=C',
        '--lc-time=C',
      ],
      ...['--locale-provider=libc', '--wal-segsize=16', '--allow-group-access'],
    ]);
  });

  test('ICU with its locale and rules', () => {
    const icu: ClusterProperties = { ...old, localeProvider: 'icu', locale: 'de', icuRules: '&a < b' };
    expect(initdbArguments(icu, 16)).toEqual(
      expect.arrayContaining(['--locale-provider=icu', '--icu-locale=de', '--icu-rules=&a < b']),
    );
  });
});

test('a target with another segment size is refused', () => {
  const setting = (value: string) => [{ name: 'segment_size', setting: value }];
  expect(differences(setting('131072'), setting('131072'), 16)).toEqual([]);
  expect(differences(setting('131072'), setting('262144'), 16)[0]).toMatchObject({
    severity: 'blocker',
    object: 'segment_size',
  });
});

test('room is summed by file system, with a fifth to spare', () => {
  const systems = new Map([
    ['/data', { mount: '/', free: 250 }],
    ['/backup', { mount: '/', free: 250 }],
    ['/other', { mount: '/other', free: 1 }],
  ]);
  const needs = ['/data', '/backup'].map((path) => ({ path, bytes: 100, what: path }));
  expect(shortages(needs, systems)).toEqual([]);
  expect(shortages([...needs, { path: '/data', bytes: 10, what: 'more' }], systems)).toHaveLength(1);
  expect([targetPart(undefined), targetPart('copy'), targetPart('link')]).toEqual([1, 1, 0.1]);
});

test('listening sockets of a port are read from /proc/net/tcp', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 4711 1 0 100 0 0 10 0',
    '   1: 0100007F:1538 0100007F:9C40 01 00000000:00000000 00:00000000 00000000   101        0 4712 1 0 20 4 30 10 -1',
  ].join('\n');
  expect(listeners(table, 5432)).toEqual([{ address: '127.0.0.1', uid: '101', inode: '4711' }]);
  expect(listeners(table, 5433)).toEqual([]);
});

test("columns of a stored tree are numbered from the row's system columns on", () => {
  const before16 =
    ':rtekind 0 :relid 12289 :relkind v :requiredPerms 2 :checkAsUser 0 :selectedCols (b 14 7) :insertedCols (b)';
  const since16 =
    '{RTEPERMISSIONINFO :relid 12289 :inh true :requiredPerms 2 :checkAsUser 0 :selectedCols (b 15)} :funcid 2026 ';
  expect(nodeReferences(before16).columns).toEqual(new Map([[12289, new Set([7, 0])]]));
  expect(nodeReferences(since16)).toEqual({ columns: new Map([[12289, new Set([8])]]), functions: new Set([2026]) });
});

test("pg_upgrade's complaints are read with their report files, and without a verdict as well", () => {
  const said = [
    'Checking cluster versions                                     ok',
    'Checking for reg* data types in user tables                   fatal',
    '',
    'Your installation contains one of the reg* data types in user tables.',
    'A list of the problem columns is in the file:',
    '    /scratch/pg_upgrade_output.d/20260101/tables_using_reg.txt',
    'Failure, exiting',
  ].join('\n');
  const files = new Map([['tables_using_reg.txt', 'In database: app\n  public.t.c\n  public.t.d\n']]);
  expect(readComplaints(said, files)).toEqual([
    {
      ...{ title: 'Checking for reg* data types in user tables', fatal: true },
      text: 'Your installation contains one of the reg* data types in user tables.',
      objects: [
        { database: 'app', name: 'public.t.c' },
        { database: 'app', name: 'public.t.d' },
      ],
    },
  ]);
  const short =
    'Checking for prepared transactions                            \nThe source cluster contains prepared transactions\nFailure, exiting\n';
  expect(readComplaints(short, new Map())).toMatchObject([
    { title: 'Checking for prepared transactions', fatal: true },
  ]);
});

test("pg_restore's errors are read by object, without the statements, which may hold passwords", () => {
  const stderr = [
    'pg_restore: creating USER MAPPING "USER MAPPING app SERVER s"',
    'pg_restore: while PROCESSING TOC:',
    'pg_restore: from TOC entry 3400; 1418 16400 USER MAPPING USER MAPPING app SERVER s postgres',
    'pg_restore: error: could not execute query: ERROR:  server "s" does not exist',
    "Command was: CREATE USER MAPPING FOR app SERVER s OPTIONS (password 'planted');",
  ].join('\n');
  const errors = restoreErrors(stderr);
  expect(errors).toEqual([
    expect.objectContaining({ catalog: 1418, oid: 16400, message: 'server "s" does not exist' }),
  ]);
  expect(JSON.stringify(errors)).not.toContain('planted');
});

describe('names in bodies', () => {
  test('statements inside PL/pgSQL, constants of EXECUTE among them', async () => {
    const { statements, dynamic } = await bodyNames(
      'plpgsql',
      `create function f() returns void language plpgsql as $$
         declare x int := s.g(3); a int[]; t public.texts%rowtype;
         begin
           a[x = 1] := h(x);
           t.t := 'x';
           execute 'select wal_write from pg_stat_wal';
           execute format('drop table %I', x);
         end $$`,
    );
    expect(statements.flatMap(({ functions }) => functions)).toEqual([
      { schema: 's', name: 'g' },
      { name: 'h' },
      { name: 'format' },
    ]);
    expect(statements.flatMap(({ relations }) => relations)).toEqual([{ name: 'pg_stat_wal' }]);
    expect(dynamic).toBe(1);
  });

  test('a WITH query is no relation, and what the parser can not read is said', async () => {
    const { statements } = await bodyNames('sql', 'with w as (select 1) select w.* from w, t as u, s.v');
    expect(statements[0].relations).toEqual([
      { name: 't', alias: 'u' },
      { schema: 's', name: 'v' },
    ]);
    expect(await bodyNames('sql', 'selec nothing')).toMatchObject({ statements: [], unparsed: ['selec nothing'] });
  });
});
