import { setTimeout as sleep } from 'node:timers/promises';
import { OutageClock } from '../../sandbox/outage-clock';
import { createServer, type SandboxServer } from '../../sandbox/postgres-server';
import { type TemporaryRoot, temporaryRoot } from '../../sandbox/temporary-root';
import { startWriters, type Writers } from '../../sandbox/writers';

let root: TemporaryRoot;
let server: SandboxServer;
let writers: Writers | undefined;

beforeAll(async () => {
  root = await temporaryRoot();
  server = await createServer({ version: 16, root: root.path });
  await server.start();
});

afterEach(async () => {
  await writers?.stop();
  writers = undefined;
});

afterAll(async () => {
  await server.stop('immediate');
  await root.remove();
});

const start = (database: string): Promise<Writers> => {
  const { port, adminPassword: password } = server;
  return startWriters({ connection: { host: '127.0.0.1', port, user: 'postgres', password, database } });
};

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited 20 s in vain: ${JSON.stringify(writers?.status())}`);
    await sleep(10);
  }
}

async function moreRows(observed: Writers, rows: number): Promise<void> {
  const goal = observed.status().acknowledged + rows;
  await until(() => observed.status().acknowledged >= goal);
}

test.each(['fast', 'immediate'] as const)('an outage is measured and nothing is missing: %s stop', async (mode) => {
  writers = await start('postgres');
  await moreRows(writers, 100);
  expect(writers.outages()).toEqual([]);

  const before = performance.now();
  await server.stop(mode);
  const stopped = performance.now();
  await until(() => writers?.status().downSince !== undefined);
  await sleep(300); // the outage to be measured
  const starting = performance.now();
  await server.start();
  await moreRows(writers, 100);
  const after = performance.now();
  await writers.stop();

  const [outage, ...others] = writers.outages();
  expect(others).toEqual([]);
  expect(outage.ms).toBeGreaterThan(starting - stopped);
  expect(outage.ms).toBeLessThan(after - before);
  expect(Math.abs(outage.to.getTime() - outage.from.getTime() - outage.ms)).toBeLessThan(5);
  const client = await server.connect();
  const { acknowledged } = writers.status();
  expect(await writers.verify(client)).toEqual({ acknowledged, missing: 0, extra: 0, unknown: expect.any(Number) });
  await client.end();
});

test('rows that are lost, changed or nobody wrote are found', async () => {
  await server.psql('CREATE TABLE pgbench_accounts (aid serial PRIMARY KEY, abalance integer DEFAULT 0)', 'template1');
  await server.psql('CREATE DATABASE lossy');
  await server.psql('INSERT INTO pgbench_accounts SELECT FROM generate_series(1, 100000)', 'lossy');
  writers = await start('lossy');
  await moreRows(writers, 100);
  await writers.stop();
  const { acknowledged } = writers.status();
  const counts = 'SELECT (SELECT count(*) FROM pgpassage_writes) = (SELECT sum(abalance) FROM pgbench_accounts)';
  expect(await server.psql(counts, 'lossy')).toBe('t');

  await server.psql(
    `DELETE FROM pgpassage_writes WHERE writer = 0 AND sequence = 3;
     UPDATE pgpassage_writes SET payload = 'changed' WHERE writer = 1 AND sequence IN (2, 4);
     INSERT INTO pgpassage_writes SELECT run, 2, 1000000, md5('2/1000000') FROM pgpassage_writes LIMIT 1`,
    'lossy',
  );
  const client = await server.connect('lossy');
  expect(await writers.verify(client)).toEqual({ acknowledged, missing: 3, extra: 1, unknown: 0 });
  await client.end();
});

test('writers that cannot connect at the start say so', async () => {
  await expect(start('no_such_database')).rejects.toThrow(/no_such_database/);
});

test('an outage is a gap with an error in it, whoever met the error', () => {
  const clock = new OutageClock();
  clock.failed(new Error('before anything was written'));
  clock.acknowledged();
  clock.acknowledged();
  expect(clock.outages).toEqual([]);
  clock.failed('connection refused');
  expect(clock.trouble()).toMatchObject({ errors: 2, lastError: 'connection refused', downSince: expect.any(Date) });
  clock.acknowledged();
  expect(clock.outages).toHaveLength(1);
  expect(clock.trouble().downSince).toBeUndefined();
});
