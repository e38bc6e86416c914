import { setTimeout as sleep } from 'node:timers/promises';
import { addStandby, psql } from '../../sandbox/lab/cluster';
import type { LabHost } from '../../sandbox/lab/host';
import { startWriters } from '../../sandbox/writers';
import { LabStack } from '../support/lab-stack';

let stack: LabStack;
let standbys: LabHost[];
beforeAll(async () => {
  const prepare: Parameters<typeof LabStack.start>[0]['prepare'] = async (cluster, { hosts }) => {
    for (const host of [hosts.db2, hosts.db3]) await addStandby(cluster, host, 15);
  };
  stack = await LabStack.start({ hosts: ['db1', 'db2', 'db3'], version: 15, prepare });
  standbys = stack.cluster.standbys;
});
afterAll(() => stack?.stop());

const plan = { to: 18, soak: '1h', watchEvery: '1s', rehearse: false, standbys: { atOnce: 'all' } };

/** Names of the standbys that stream from the primary's server of a version. */
const streaming = (version: number) =>
  psql(
    stack.cluster.host,
    version,
    `select string_agg(application_name, ' ' order by application_name) from pg_stat_replication where state = 'streaming'`,
  );

const written = (host: LabHost, version: number) =>
  psql(host, version, 'select count(*), sum(hashtextextended(w::text, 0)) from pgpassage_writes w');

/** A standby shows all that the primary has, a moment later. */
async function haveAll(version: number): Promise<void> {
  const want = await written(stack.cluster.host, version);
  for (const host of standbys) {
    for (let tries = 0; tries < 50 && (await written(host, version)) !== want; tries += 1) await sleep(200);
    expect(await written(host, version)).toBe(want);
  }
}

const gateOf = (phase: number) => (progress: { phases: { gate?: { lastCheckedAt?: number } }[] }) =>
  progress.phases[phase]?.gate?.lastCheckedAt !== undefined;

/** Both standbys stream, as the gate says and as the primary does. */
async function standsAtGate(handle: Awaited<ReturnType<LabStack['migrate']>>, phase: number): Promise<void> {
  const { phases } = await stack.until(handle, gateOf(phase));
  expect(phases[phase].gate!.alarms).toEqual([]);
  expect(phases[phase].differences).toEqual([]);
  expect(phases[phase].standbys?.map(({ state }) => state)).toEqual(['streaming', 'streaming']);
  expect(await streaming(phases[phase].to)).toBe('db2 db3\n');
}

test('a primary with two standbys, 15 → 16 → 17, is rolled back from the gate to 16 with both, under writers', async () => {
  const writers = await startWriters({ connection: stack.cluster.connection, writers: 2, intervalMs: 20 });
  const handle = await stack.migrate({ ...plan, to: 17 });
  await standsAtGate(handle, 0);
  await handle.executeUpdate('approve', { args: [{ phase: '15-16', by: 'ann', early: true }] });
  await standsAtGate(handle, 1);
  await writers.stop();
  const sql = await stack.connect();
  expect((await writers.verify(sql)).missing).toBe(0);
  await sql.end();
  await haveAll(17);
  await handle.executeUpdate('rollback', { args: [{ by: 'ann', to: 16, accept: ['writes-since-16-17'] }] });
  expect(await stack.result(handle)).toMatchObject({ outcome: 'rolled back', runningVersion: 16 });
  expect(await streaming(16)).toBe('db2 db3\n');
  await haveAll(16);
}, 600_000);

test('and forward again, 16 → 17 → 18: nothing acknowledged is missing, and both standbys have it all', async () => {
  const writers = await startWriters({ connection: stack.cluster.connection, writers: 2, intervalMs: 20 });
  const handle = await stack.migrate({ ...plan, soakAfterLast: '1s' });
  await standsAtGate(handle, 0);
  await handle.executeUpdate('approve', { args: [{ phase: '16-17', by: 'ann', early: true }] });
  expect(await stack.result(handle)).toMatchObject({ outcome: 'completed', runningVersion: 18 });
  expect(await streaming(18)).toBe('db2 db3\n');
  await writers.stop();
  const sql = await stack.connect();
  expect((await writers.verify(sql)).missing).toBe(0);
  await sql.end();
  await haveAll(18);
}, 600_000);
