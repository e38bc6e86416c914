import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { run } from '../../sandbox/command';
import { freePort } from '../../sandbox/free-port';
import { asUser } from '../../sandbox/os-user';
import { createServer, openServer, type SandboxServer } from '../../sandbox/postgres-server';
import { type TemporaryRoot, temporaryRoot } from '../../sandbox/temporary-root';
import type { SoakSample } from '../../src/migration/soak';
import type { Cluster } from '../../src/postgres/cluster';
import { sampleSoak } from '../../src/postgres/soak';
import { clusterOf } from '../support/cluster';

let root: TemporaryRoot;
let server: SandboxServer;
let cluster: Cluster;
const clients: Client[] = [];

beforeAll(async () => {
  root = await temporaryRoot();
  const settings = { max_prepared_transactions: '2', archive_mode: 'on', archive_command: 'true', autovacuum: 'off' };
  const hba = ['host shut all 127.0.0.1/32 reject'];
  server = await createServer({ version: 18, root: root.path, settings, hba });
  await server.start();
  cluster = await clusterOf(server, { logFile: `${root.path}/{version}.log` });
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});

afterAll(async () => {
  await server.stop('immediate');
  await root.remove();
});

async function client(): Promise<Client> {
  const connected = await server.connect();
  clients.push(connected);
  return connected;
}

const names = (sample: SoakSample): string[] => sample.problems.map((problem) => problem.name);

/** Looks until `seen` holds; each look goes on from the one before. */
async function until(seen: (sample: SoakSample) => boolean, cursor: SoakSample['cursor']): Promise<SoakSample> {
  for (;;) {
    const sample = await sampleSoak(cluster, 18, cursor);
    if (seen(sample)) return sample;
    cursor = sample.cursor;
  }
}

test('a healthy server: every measure, no problem, within 1.5 s', async () => {
  const first = await sampleSoak(cluster, 18);
  expect(first).toMatchObject({ answered: true, problems: [], unwatched: [] });
  const second = await sampleSoak(cluster, 18, first.cursor);
  const value = (name: keyof SoakSample['measures']) => second.measures[name]?.value;
  for (const name of [
    'slow-queries',
    'replica-lag',
    'log-errors',
    'long-transaction',
    'prepared-transaction',
  ] as const) {
    expect([name, value(name)]).toEqual([name, 0]);
  }
  for (const percent of [value('cpu'), value('free-disk')]) {
    expect(percent).toBeGreaterThanOrEqual(0);
    expect(percent).toBeLessThanOrEqual(100);
  }
  const took = performance.now();
  await sampleSoak(cluster, 18, second.cursor);
  expect(performance.now() - took).toBeLessThan(1_500);
  expect(JSON.parse(JSON.stringify(second))).toEqual(second);
});

test('slow statements and old transactions are seen, and their text is not told', async () => {
  const running = (await client()).query("select pg_sleep(1.5), 'secret text'");
  const open = await client();
  await open.query('begin');
  await open.query('select 1');
  const sample = await until(({ measures }) => measures['slow-queries']!.value > 0, undefined);
  expect(sample.measures['slow-queries']!.detail).toMatch(
    /^1 statements run longer than 1000 ms; the longest: \d+ s, process \d+ of postgres in postgres$/,
  );
  expect(sample.measures['long-transaction']!.value).toBeGreaterThan(1_000);
  expect(JSON.stringify(sample)).not.toContain('secret');
  const patient = await sampleSoak(cluster, 18, undefined, { slowAfterMs: 60_000 });
  expect(patient.measures['slow-queries']!.value).toBe(0);
  await running;
});

test('a prepared transaction is named', async () => {
  const one = await client();
  await one.query('begin; create table prepared (); ');
  await one.query("prepare transaction 'transfer 7'");
  const sample = await sampleSoak(cluster, 18);
  await one.query("rollback prepared 'transfer 7'");
  expect(sample.measures['prepared-transaction']!.value).toBeGreaterThan(0);
  expect(sample.measures['prepared-transaction']!.detail).toContain("'transfer 7' in postgres");
});

test('errors in the log are counted by the minute, those before the first look and of stops are not', async () => {
  const one = await client();
  const fail = async (times: number) => {
    for (let count = 0; count < times; count += 1) await expect(one.query('select 1 / 0')).rejects.toThrow('zero');
  };
  const leftOfMinute = 60_000 - (Date.now() % 60_000);
  if (leftOfMinute < 3_000) await sleep(leftOfMinute); // so that the three are in one minute
  await fail(2);
  const { cursor } = await sampleSoak(cluster, 18);
  await fail(3);
  await one.query("do $$ begin raise log 'ERROR:  is only quoted here'; end $$");
  await one
    .query('select pg_terminate_backend(pid) from pg_stat_activity where pid = pg_backend_pid()')
    .catch(() => undefined);
  const sample = await sampleSoak(cluster, 18, cursor);
  expect(sample.measures['log-errors']!.value).toBe(3);
  expect(sample.measures['log-errors']!.detail).toMatch(
    /^3 errors a minute at \d{4}-\d\d-\d\d \d\d:\d\d in \S+18\.log$/,
  );
});

test('a crash of one process is a problem', async () => {
  const { cursor } = await sampleSoak(cluster, 18);
  const pid = await (await client()).query<{ pid: number }>('select pg_backend_pid() as pid');
  process.kill(pid.rows[0].pid, 'SIGKILL');
  const sample = await until((look) => names(look).includes('crash'), cursor);
  const well = await until((look) => look.answered === true, sample.cursor);
  expect(names(well)).toEqual([]);
});

test('an index that became invalid is a problem, one that was so at the first look is not', async () => {
  await server.psql('create table twice as select 1 as a from generate_series(1, 2)');
  const { cursor } = await sampleSoak(cluster, 18);
  await expect(server.psql('create unique index concurrently "One" on twice (a)')).rejects.toThrow('duplicated');
  expect((await sampleSoak(cluster, 18, cursor)).problems).toEqual([
    { name: 'invalid-index', detail: 'not usable since the first look: public."One" in postgres' },
  ]);
  expect((await sampleSoak(cluster, 18)).problems).toEqual([]);
});

test('a database that lets nobody in is named', async () => {
  await server.psql('create database shut');
  const { problems } = await sampleSoak(cluster, 18);
  await server.psql('drop database shut');
  expect(problems).toEqual([
    { name: 'database-unreachable', detail: expect.stringMatching(/^shut: pg_hba\.conf rejects connection for host/) },
  ]);
});

test('an archiver that fails stays a problem until a segment gets through', async () => {
  const archiveWith = async (command: string) => {
    await server.psql(`alter system set archive_command = '${command}'`);
    await server.psql('select pg_reload_conf(); select pg_switch_wal()');
  };
  const { cursor } = await sampleSoak(cluster, 18);
  await archiveWith('false');
  const failing = await until((look) => names(look).length > 0, cursor);
  expect(failing.problems[0]).toMatchObject({
    name: 'archiver-failing',
    detail: expect.stringContaining('fails since the segment 0000'),
  });
  expect(names(await sampleSoak(cluster, 18, failing.cursor))).toEqual(['archiver-failing']);
  await archiveWith('true');
  await until((look) => names(look).length === 0, failing.cursor);
});

describe('with a standby', () => {
  let standby: SandboxServer;

  beforeAll(async () => {
    const port = await freePort();
    const data = `${root.path}/standby`;
    const source = [`--host=${server.socketDirectory}`, `--port=${server.port}`, '--username=postgres'];
    const program = `${server.binDirectory}/pg_basebackup`;
    await run(
      asUser(server.osUser, [program, ...source, '--pgdata', data, '--write-recovery-conf', '--checkpoint=fast']),
    );
    await appendFile(`${data}/postgresql.auto.conf`, `port = ${port}\ncluster_name = 'second'\n`);
    standby = openServer({ ...server, port, dataDirectory: data, logFile: `${root.path}/standby.log` });
    await standby.start();
  });

  afterAll(() => standby.stop('immediate'));

  test('what it has not replayed is measured, and its loss is a problem', async () => {
    const streaming = await until(({ cursor }) => cursor?.standbys?.length === 1, undefined);
    expect(streaming.cursor?.standbys).toEqual(['second']);
    await standby.psql('select pg_wal_replay_pause()');
    await server.psql('create table much as select repeat(md5(i::text), 30) from generate_series(1, 2000) i');
    const behind = await until(({ measures }) => measures['replica-lag']!.value > 1024 ** 2, streaming.cursor);
    expect(behind.measures['replica-lag']!.detail).toMatch(/^second is \d+\.\d MB behind$/);
    await standby.stop('immediate');
    const lost = await until((look) => names(look).length > 0, behind.cursor);
    expect(lost.problems).toEqual([{ name: 'standby-lost', detail: 'no longer replicating: second' }]);
  });
});

test('another version than expected is a problem, and so is one beside it', async () => {
  expect(names(await sampleSoak(cluster, 17))).toEqual(['wrong-version', 'other-version-runs']);
});

test('a missing secret is no fault of the server', async () => {
  const password = () => {
    throw new Error('The secret env:X is not set on this worker.');
  };
  await expect(sampleSoak({ ...cluster, password }, 18)).rejects.toThrow('env:X');
});

test.each(['csvlog', 'jsonlog'])("the logging collector's file is found: %s", async (destination) => {
  await server.psql(`alter system set logging_collector = on; alter system set log_destination = '${destination}'`);
  await server.restart();
  const { cursor } = await sampleSoak(cluster, 18);
  expect(cursor?.log?.file).toMatch(new RegExp(`18/main/log/postgresql-.*\\.${destination.slice(0, -3)}$`));
  await expect((await client()).query('select 1 / 0')).rejects.toThrow('zero');
  expect((await sampleSoak(cluster, 18, cursor)).measures['log-errors']!.value).toBe(1);
});

test('a server that does not answer is a problem, the host is looked at all the same, and the log goes on', async () => {
  const { cursor } = await sampleSoak(cluster, 18);
  await server.stop();
  const stopped = await sampleSoak(cluster, 18, cursor);
  expect(stopped.answered).toBe(false);
  expect(stopped.problems).toMatchObject([
    { name: 'no-answer', detail: expect.stringMatching(/no answer on port \d+ of here: .*ECONNREFUSED/) },
  ]);
  expect(Object.keys(stopped.measures).sort()).toEqual(['cpu', 'free-disk', 'log-errors']);
  expect(stopped.cursor).toMatchObject({ standbys: cursor!.standbys, invalidIndexes: cursor!.invalidIndexes });
  await server.start();
  const back = await sampleSoak(cluster, 18, stopped.cursor);
  expect(back).toMatchObject({ answered: true, problems: [] });
  expect(back.measures['log-errors']!.value).toBe(0);
});
