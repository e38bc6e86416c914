import { createServer as createListener, type Server } from 'node:net';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../../sandbox/command';
import { parts } from '../../../sandbox/parts';
import type { SandboxServer } from '../../../sandbox/postgres-server';
import { longTransactionsOver } from '../../../src/postgres/preflight/checks/activity';
import { diskSpace } from '../../../src/postgres/preflight/checks/disk-space';
import { serverVersion } from '../../../src/postgres/preflight/checks/server-version';
import { targetBinaries } from '../../../src/postgres/preflight/checks/target-binaries';
import type { PreflightReport } from '../../../src/postgres/preflight/run';
import { found, preflight, startServer } from './support';
import { age, hasIcu, plant, TRAP_SETTINGS } from './traps';

/** A 15 cluster with one of everything that the way to 18 trips over, looked at once. */
describe('a cluster full of traps, 15 → 18', () => {
  let server: SandboxServer;
  let end: () => Promise<void>;
  let listener: Server;
  let report: PreflightReport;

  beforeAll(async () => {
    ({ server, end } = await startServer({ version: 15, settings: TRAP_SETTINGS }, age));
    await plant(server);
    listener = createListener();
    await new Promise<void>((ready) => listener.listen(server.port, '127.0.0.2', ready));
    report = await preflight(server, { from: 15, to: 18 });
  });
  afterAll(async () => {
    listener?.close();
    await end?.();
  });

  /** check, object, severity, what the finding has to say. */
  const expected: [string, string | RegExp, string, RegExp][] = [
    ['ports-and-directories', /\/18\/main$/, 'blocker', /not empty.*pg_dropcluster/],
    ['ports-and-directories', /^port \d+$/, 'blocker', /127\.0\.0\.2.*ss -ltnp/],
    ['old-cluster-clean', /standby\.signal$/, 'blocker', /would be a standby.*Move it away/],
    ['old-cluster-clean', /backup_label$/, 'blocker', /begin recovery/],
    ['old-cluster-clean', /pg_control\.old$/, 'warning', /handed over/],
    ['databases-connectable', 'database broken', 'blocker', /-2.*DROP DATABASE "broken"/],
    ['databases-connectable', 'database closed', 'blocker', /ALTER DATABASE "closed" ALLOW_CONNECTIONS true/],
    ['databases-connectable', 'database two\nlines', 'blocker', /line break.*RENAME/],
    ['databases-connectable', 'database template0', 'blocker', /datallowconn = false/],
    [
      'collation-version-drift',
      'database app',
      'warning',
      /0\.1.*REINDEX.*ALTER DATABASE "app" REFRESH COLLATION VERSION/,
    ],
    ['collation-version-drift', 'collation public.drifted', 'warning', /ALTER COLLATION public\.drifted REFRESH/],
    ['tablespaces', 'tablespace outside', 'blocker', /PG_18_209901011.*remove/],
    ['tablespaces', 'tablespace inside', 'blocker', /removing the old data directory.*Move it out/],
    ['tablespaces', 'tablespace in_place', 'blocker', /drop it/],
    ['prepared-transactions', 'prepared transaction stuck', 'blocker', /ROLLBACK PREPARED/],
    ['synchronous-replication', 'synchronous_standby_names', 'warning', /not synchronous until.*put back by itself/],
    ['replication-slots', 'replication slot for_reader', 'blocker', /loses it without a word.*drop the slot/],
    ['replication-slots', 'replication slot for_standby', 'notice', /created again on the new server/],
    ['subscriptions', 'subscription incoming', 'warning', /ENABLE.*copy_data = false/],
    ['extensions', 'extension adminpack', 'blocker', /does not load its library.*DROP EXTENSION/],
    ['extensions', 'extension hstore', 'blocker', /no update leads from 0\.9 to 1\.\d.*update script/],
    ['preload-libraries', 'library adminpack', 'blocker', /shared_preload_libraries names it.*could not access/],
    ['removed-settings', 'old_snapshot_threshold', 'warning', /postgresql\.conf line \d+.*left out/],
    ['removed-settings', 'vacuum_defer_cleanup_age', 'warning', /postgresql\.auto\.conf line \d+/],
    [
      'removed-settings',
      'role app',
      'blocker',
      /force_parallel_mode.*ALTER ROLE app RESET force_parallel_mode.*debug_parallel_query/,
    ],
    ['removed-settings', 'database app', 'blocker', /ALTER DATABASE app RESET force_parallel_mode/],
    [
      'removed-settings',
      'function public.set_clause()',
      'blocker',
      /ALTER FUNCTION public\.set_clause\(\) RESET force_parallel_mode/,
    ],
    ['setting-values', 'log_connections', 'blocker', /PostgreSQL 18 refuses/],
    ['setting-values', 'role creator', 'blocker', /lz77.*ALTER ROLE creator RESET default_toast_compression/],
    ['setting-values', /postgresql\.conf line \d+$/, 'blocker', /work_mem.*would not start again/],
    ['setting-values', 'archive_library', 'blocker', /archiver.*ALTER SYSTEM RESET archive_command/],
    ['role-all-settings', 'role ALL', 'notice', /statement_timeout.*sets it again/],
    ['authentication-rules', /pg_hba\.conf line \d+$/, 'blocker', /carrier_pigeon/],
    ['authentication-rules', /pg_hba\.conf line \d+$/, 'warning', /\/slash.*regular expression/],
    ['md5-passwords', 'role old_password', 'warning', /scram-sha-256/],
    ['data-types', 'table column public.typed.a', 'blocker', /some_proc holds regproc/],
    ['data-types', 'table column public.typed.b', 'blocker', /regoperator/],
    ['data-types', 'table column public.typed.c', 'blocker', /with_namespace holds regnamespace/],
    ['data-types', 'table column public.typed.d', 'blocker', /aclitem.*changed in 16/],
    ['data-types', 'table column public.typed_row.p', 'blocker', /row type of a system catalog/],
    ['system-column-views', 'view public.v_bgwriter', 'blocker', /buffers_backend.*Drop it.*pg_stat_io/],
    ['system-column-views', 'view public.v_locale', 'blocker', /daticulocale.*datlocale/],
    ['system-column-views', 'view public.v_vacuum', 'blocker', /max_dead_tuples.*max_dead_tuple_bytes/],
    ['system-column-views', 'materialized view public.m_checkpoints', 'blocker', /checkpoints_timed.*num_timed/],
    ['system-column-views', 'view public.v_function', 'blocker', /pg_stat_get_buf_written_backend\(\)/],
    ['system-column-views', 'function public.atomic()', 'blocker', /max_dead_tuples/],
    ['system-column-views', 'policy by_stats on public.guarded', 'blocker', /checkpoints_req/],
    ['function-bodies', 'function public.body_sql()', 'warning', /buffers_backend.*Replace it/],
    ['function-bodies', 'function public.body_record()', 'warning', /checkpoints_timed/],
    ['function-bodies', 'function public.body_setting()', 'warning', /lc_collate/],
    ['function-bodies', 'function public.body_execute()', 'warning', /wal_write/],
    ['function-bodies', 'view public.v_setting', 'warning', /lc_ctype/],
    ['function-bodies', 'bodies that were not understood', 'notice', /body_broken\(\)/],
    [
      'recorded-statements',
      /^statement -?\d+ of role app$/,
      'warning',
      /run 1 times.*buffers_backend.*select query from/,
    ],
    ['function-bodies', 'dynamic SQL', 'notice', /body_dynamic\(text\)/],
    [
      'expression-index-functions',
      'index public.texts_sql',
      'blocker',
      /inner_lower without a schema.*SET search_path/,
    ],
    ['expression-index-functions', 'index public.texts_predicate', 'blocker', /sql_unqualified/],
    [
      'expression-index-functions',
      'index public.texts_indirect',
      'blocker',
      /inner_lower \(in function public\.sql_unqualified\(text\)\)/,
    ],
    ['expression-index-functions', 'index public.texts_plpgsql', 'blocker', /from 17 on ANALYZE/],
    ['expression-index-functions', 'table column public.texts.g', 'blocker', /sql_unqualified/],
    ['expression-index-functions', 'table public.texts_parted', 'blocker', /sql_unqualified/],
    ['expression-index-functions', 'materialized view public.m_texts', 'blocker', /REFRESH/],
    ['inheritance-columns', 'table column public.child.a', 'blocker', /SET NOT NULL/],
    ['inheritance-columns', 'table column public.generated_child.g', 'blocker', /only one is generated/],
    ['unlogged-partitioned-tables', 'table public.unlogged_parent', 'warning', /permanent/],
    ['invalid-indexes', 'index public.doubles_a', 'warning', /REINDEX INDEX CONCURRENTLY public\.doubles_a/],
    ['disabled-fk-triggers', 'table public.referencing', 'warning', /referencing_id_fkey.*enabled/],
    ['reserved-names', 'role pg_signal_autovacuum_worker', 'blocker', /predefined role.*takes its place/],
    ['reserved-names', 'role pg_keeper', 'blocker', /leaves behind.*Rename it/],
    ['reserved-names', 'function public.erf(double precision)', 'warning', /built-in function/],
    ['reserved-names', 'table public.pg_stat_io', 'warning', /built-in relation/],
    [
      'grants-on-system-objects',
      /pg_stat_get_bgwriter_timed_checkpoints\(\)$/,
      'blocker',
      /REVOKE ALL ON FUNCTION .* FROM "app"/,
    ],
    [
      'grants-on-system-objects',
      /pg_stat_bgwriter\.buffers_backend$/,
      'blocker',
      /REVOKE ALL \("buffers_backend"\) ON/,
    ],
    ['changed-behaviour', 'roles creator', 'notice', /WITH ADMIN OPTION/],
    ['changed-behaviour', 'tables public.keyed', 'warning', /NULLS NOT DISTINCT/],
    ['changed-behaviour', 'triggers late on public.changed', 'notice', /queued them/],
    ['wraparound-age', /^databases /, 'warning', /1,099,999,\d{3}.*FREEZE/],
    ['stale-statistics', 'database app', 'notice', /public\.changed.*ANALYZE/],
    ['pg-upgrade-check', /database connection settings$/, 'notice', /See databases-connectable/],
    ['scratch-restore', 'table public.kept', 'blocker', /role "pg_keeper" does not exist/],
    ['scratch-restore', 'collation public.drifted', 'blocker', /refuses it/],
  ];

  test.each(expected)('%s names %s as a %s and says what to do', (check, object, severity, says) => {
    const findings = found(report, check, object).map((finding) => ({
      ...finding,
      text: `${finding.seen} ${finding.action}`,
    }));
    expect(findings).toContainEqual(expect.objectContaining({ severity, text: expect.stringMatching(says) }));
  });

  test('a database that sorts by ICU needs a build with ICU', async () => {
    const { postgres } = await parts();
    const trapped = (await hasIcu(server)) && !(await hasIcu({ binDirectory: postgres[18] }));
    const findings = found(report, 'locale-and-encoding').map(({ severity, object, action }) => [
      severity,
      object,
      action,
    ]);
    const wanted = ['blocker', 'database Sorted by ICU', 'Install a build of PostgreSQL 18 with ICU.'];
    expect(findings).toEqual(trapped ? [wanted] : []);
  });

  test('own columns, qualified functions and functions with a search_path of their own raise nothing', () => {
    const innocent = /v_own|own_body|own_stats|texts_qualified|texts_path|typed\.e|typed_row\.r/;
    const findings = report.results
      .filter(({ check }) => check !== 'scratch-restore')
      .flatMap((result) => result.findings.filter((finding) => innocent.test(finding.object)));
    expect(findings).toEqual([]);
  });

  test('a function that has been broken all along is not laid to the upgrade', () => {
    expect(found(report, 'function-bodies', /body_broken/)).toEqual([]);
  });

  test('what the restore sees again is a notice beside the finding that knows the cause', () => {
    const [again] = found(report, 'scratch-restore', 'view public.v_bgwriter');
    expect(again).toMatchObject({ severity: 'notice', action: 'See system-column-views, which names the cause.' });
    const [follows] = found(report, 'scratch-restore', 'view public.v_follows');
    expect(follows).toMatchObject({ severity: 'notice', action: 'See view public.v_bgwriter.' });
  });

  test('no check failed, and no password is in the report', () => {
    expect(report.results.filter(({ outcome }) => outcome === 'error')).toEqual([]);
    expect(JSON.stringify(report)).not.toContain(server.adminPassword);
    expect(JSON.stringify(report)).not.toMatch(/md5[0-9a-f]{32}/);
  });

  test('nothing of the scratch server is left, and the old server is as it was', async () => {
    const left = await run(['find', `${server.root}/work`, '-mindepth', '2']);
    expect(left).toBe('');
    expect(await server.psql(`select count(*) from pg_stat_activity where application_name = 'pgpassage'`)).toBe('0');
    expect(await readFile(join(server.dataDirectory, 'PG_VERSION'), 'utf8')).toBe('15\n');
  });

  test('long-transactions names the session, how long it has been open and how to end it', async () => {
    const client = await server.connect('app');
    await client.query('begin');
    const { pid } = (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0];
    const { results } = await preflight(server, { from: 15, to: 18, checks: [longTransactionsOver(0)] });
    await client.end();
    const [finding] = results[0].findings.filter(({ object }) => object === `session ${pid}`);
    expect(finding).toMatchObject({ severity: 'warning', database: 'app' });
    expect(finding.action).toContain(`pg_terminate_backend(${pid})`);
  });

  test('server-version refuses a layout that is not the running server', async () => {
    const entry = { dataDirectory: `${server.root}/elsewhere/{version}` };
    const report = await preflight(server, { from: 16, to: 16, checks: [serverVersion], entry });
    const objects = report.results[0].findings.map(({ object }) => object);
    expect(objects).toEqual([`port ${server.port}`, `${server.root}/elsewhere/16`, '16 → 16']);
  });

  test('target-binaries names each program that is missing or of another version', async () => {
    const { postgres } = await parts();
    const bin = `${server.root}/incomplete/18`;
    await mkdir(bin, { recursive: true });
    for (const name of ['postgres', 'initdb', 'pg_ctl']) await symlink(`${postgres[18]}/${name}`, `${bin}/${name}`);
    await symlink(`${postgres[17]}/pg_dump`, `${bin}/pg_dump`);
    await symlink(postgres[15], `${server.root}/incomplete/15`);
    const entry = { binDirectory: `${server.root}/incomplete/{version}` };
    const report = await preflight(server, { from: 15, to: 18, checks: [targetBinaries], entry });
    expect(found(report, 'target-binaries', `${bin}/pg_dump`)[0].seen).toContain('17.');
    expect(found(report, 'target-binaries', `${bin}/pg_upgrade`)[0].action).toContain(
      'Install PostgreSQL 18 completely',
    );
    expect(found(report, 'target-binaries', /postgres$|initdb$|pg_ctl$|incomplete\/15/)).toEqual([]);
  });

  test('disk-space says what is needed where', async () => {
    // A file system that has no room at all.
    const entry = { backupDirectory: '/sys/backups' };
    const report = await preflight(server, { from: 15, to: 18, checks: [diskSpace], entry });
    const [finding] = found(report, 'disk-space', '/sys');
    expect(finding).toMatchObject({ severity: 'blocker' });
    expect(finding.judgement).toBeUndefined();
    expect(finding.seen).toMatch(/for the backup in \/sys\/backups/);
  });
});
