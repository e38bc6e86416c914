import { appendFile, readFile, writeFile } from 'node:fs/promises';
import type { SandboxServer } from '../../../sandbox/postgres-server';
import { dataTypes } from '../../../src/postgres/preflight/checks/data-types';
import { pgUpgradeCheck } from '../../../src/postgres/preflight/checks/pg-upgrade-check';
import type { PreflightReport } from '../../../src/postgres/preflight/run';
import { found, preflight, startServer } from './support';

/** What `pg_upgrade --check` calls compatible and the real run dies of, after the outage has begun. */
const TRAPS = `
  create role app;
  alter role app set force_parallel_mode = off;
  create view v_buffers as select buffers_backend from pg_stat_bgwriter;
  create view v_locale as select daticulocale from pg_database;
  create view v_dead as select max_dead_tuples from pg_stat_progress_vacuum;
  create function atomic() returns bigint begin atomic select max_dead_tuples from pg_stat_progress_vacuum; end;
  create function inner_lower(t text) returns text language sql immutable as 'select lower(t)';
  create function unqualified(t text) returns text language sql immutable as 'select inner_lower(t)';
  create table texts (t text);
  create index texts_unqualified on texts (unqualified(t));`;

const CAUGHT: [string, string][] = [
  ['system-column-views', 'view public.v_buffers'],
  ['system-column-views', 'view public.v_locale'],
  ['system-column-views', 'view public.v_dead'],
  ['system-column-views', 'function public.atomic()'],
  ['expression-index-functions', 'index public.texts_unqualified'],
  ['removed-settings', 'role app'],
];

describe('the traps that pg_upgrade --check misses, 15 → 18', () => {
  let server: SandboxServer;
  let end: () => Promise<void>;
  let report: PreflightReport;

  beforeAll(async () => {
    // adminpack is gone in 17, so the target's server does not start with it until it is left out.
    ({ server, end } = await startServer({ version: 15, settings: { shared_preload_libraries: 'adminpack' } }));
    await server.psql(TRAPS);
    await passwordsOnTheSocket(server);
    report = await preflight(server, { from: 15, to: 18, accept: ['preload-libraries'] });
  });
  afterAll(() => end?.());

  test('pg_upgrade --check passes, by password on the socket and without the library that is gone', () => {
    expect(report.results.find(({ check }) => check === 'pg-upgrade-check')).toMatchObject({
      outcome: 'passed',
      findings: [],
    });
    expect(found(report, 'preload-libraries')).toEqual([
      expect.objectContaining({ object: 'library adminpack', accepted: true }),
    ]);
  });

  test.each(CAUGHT)('%s catches %s beforehand', (check, object) => {
    expect(found(report, check, object)).toEqual([
      expect.objectContaining({ severity: 'blocker', effect: 'ends the upgrade', version: 18 }),
    ]);
  });

  test.each(CAUGHT)('the scratch restore sees what %s says of %s', (check, object) => {
    expect(found(report, 'scratch-restore', object)).toEqual([
      expect.objectContaining({
        severity: 'notice',
        effect: 'ends the upgrade',
        action: `See ${check}, which names the cause.`,
      }),
    ]);
  });

  test('there is no other blocker', () => {
    const blockers = report.results.flatMap(({ findings }) =>
      findings.filter(({ severity }) => severity === 'blocker'),
    );
    expect(blockers.map(({ check, object }) => [check, object]).sort()).toEqual([...CAUGHT].sort());
    expect(report.blockers).toBe(CAUGHT.length);
  });

  test("pg_upgrade's report files are read, object by object", async () => {
    const client = await server.connect();
    await client.query('create table typed (p regproc, n regnamespace); create table listed (a aclitem)');
    await client.end();
    const { results } = await preflight(server, { from: 15, to: 16, checks: [pgUpgradeCheck] });
    const names = results[0].findings.map(({ severity, database, object }) => [severity, database, object]);
    expect(names).toEqual(
      expect.arrayContaining([
        ['blocker', 'postgres', 'public.typed.p'],
        ['blocker', 'postgres', 'public.typed.n'],
      ]),
    );
    expect(results[0].findings[0].seen).toMatch(/reg\* data types/);
    // The same columns, and the one that pg_upgrade did not come to.
    const both = await preflight(server, { from: 15, to: 16, checks: [dataTypes] });
    expect(both.results[0].findings.map(({ object }) => object)).toEqual([
      'table column public.listed.a',
      'table column public.typed.n',
      'table column public.typed.p',
    ]);
  });

  test('without a Unix socket pg_upgrade --check is said to be out of reach, not passed', async () => {
    await appendFile(`${server.dataDirectory}/postgresql.conf`, "unix_socket_directories = ''\n");
    await server.restart();
    const { results } = await preflight(server, { from: 15, to: 16, checks: [pgUpgradeCheck] });
    expect(results[0].findings).toEqual([
      expect.objectContaining({ severity: 'warning', object: 'unix_socket_directories' }),
    ]);
  });
});

async function passwordsOnTheSocket(server: SandboxServer): Promise<void> {
  const file = `${server.dataDirectory}/pg_hba.conf`;
  const rules = await readFile(file, 'utf8');
  await writeFile(file, `local all postgres scram-sha-256\n${rules}`);
  await server.psql('select pg_reload_conf()');
}
