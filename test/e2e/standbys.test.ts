import { existsSync } from 'node:fs';
import { writeInventory } from '../../sandbox/inventory';
import { createStandby } from '../../sandbox/standby';
import { startWriters } from '../../sandbox/writers';
import { migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';
import { Stack } from '../support/stack';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start(15);
  const s1 = await createStandby(stack.server, { name: 's1', slot: true, password: true });
  const s2 = await createStandby(stack.server, { name: 's2' });
  await writeInventory(stack.server, 'orders', { s1, s2 });
  await stack.server.psql(`create database app`);
  await stack.server.psql(`alter system set synchronous_standby_names = 'ANY 1 (s1, s2)'`);
  await stack.server.psql('select pg_reload_conf()');
  stack.startWorker();
});
afterAll(() => stack.stop());

const plan = { to: 16, rehearse: false, watchEvery: '1s', thresholds: { cpu: 'off', 'free-disk': 'off' } };
const streaming = () =>
  stack.server.psql(
    `select string_agg(application_name, ' ' order by application_name) from pg_stat_replication where state = 'streaming'`,
  );
const states = (progress: Progress) => progress.phases[0].standbys?.map(({ state }) => state);

test('a worker killed in the middle of a rebuild: the standbys stream at the gate, and it is rolled back with them', async () => {
  const handle = await stack.migrate({ ...plan, soakAfterLast: '1h' });
  const building = `${stack.root.path}/s1/16/main.building/base`;
  await stack.until(handle, () => existsSync(building), 240_000);
  await stack.killWorker();
  stack.startWorker();
  const gate = await stack.until(handle, ({ phases }) => phases[0].gate?.lastCheckedAt !== undefined, 240_000);
  expect(gate.phases[0].gate!.alarms).toEqual([]);
  expect(states(gate)).toEqual(['streaming', 'streaming']);
  expect(gate.phases[0].differences).toEqual([]);
  expect(await streaming()).toBe('s1 s2');
  expect(await stack.serverOf(16).psql('show synchronous_standby_names')).toBe('ANY 1 (s1, s2)');
  await handle.executeUpdate('rollback', { args: [{ by: 'ann', accept: ['writes-since-15-16'] }] });
  const result = (await handle.result()) as Progress;
  expect(result).toMatchObject({ outcome: 'rolled back', runningVersion: 15 });
  expect(result.log.map(({ text }) => text).join('\n')).toContain('standby s2 on PostgreSQL 15: follows');
  expect(await streaming()).toBe('s1 s2');
}, 400_000);

test('forward again under load, both at once: nothing acknowledged is missing, on the standbys neither; then finalized', async () => {
  const { port, passwords } = stack.server;
  const connection = { host: '127.0.0.1', port, user: 'postgres', password: passwords.postgres, database: 'app' };
  const writers = await startWriters({ connection });
  const handle = await stack.migrate({ ...plan, soakAfterLast: '2s', standbys: { atOnce: 'all' } });
  const result = (await handle.result()) as Progress;
  await writers.stop();
  expect(result).toMatchObject({ outcome: 'completed', runningVersion: 16 });
  expect(states(result)).toEqual(['streaming', 'streaming']);
  for (const { bytes } of result.phases[0].standbys!) expect(bytes).toBeGreaterThan(20_000_000);
  expect(await streaming()).toBe('s1 s2');
  const client = await stack.serverOf(16).connect('app');
  expect(await writers.verify(client)).toMatchObject({ missing: 0, extra: 0 });
  await client.end();
  const finalize = {
    args: [{ cluster: 'orders', by: 'ann' }],
    taskQueue: 'pgpassage',
    workflowId: migrationId('orders'),
  };
  await stack.client.workflow.execute('finalizeMigration', finalize);
  expect(existsSync(`${stack.root.path}/s1/15/main`)).toBe(false);
  expect(await streaming()).toBe('s1 s2');
}, 400_000);
