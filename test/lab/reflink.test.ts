import { psql } from '../../sandbox/lab/cluster';
import type { LabHost } from '../../sandbox/lab/host';
import { startWriters, type Writers } from '../../sandbox/writers';
import { LabStack } from '../support/lab-stack';

let stack: LabStack;
let host: LabHost;
let writers: Writers | undefined;
beforeAll(async () => {
  stack = await LabStack.start({ hosts: ['db1'], version: 15, disks: { db1: { fileSystem: 'xfs', sizeMiB: 3_000 } } });
  host = stack.cluster.host;
});
afterAll(async () => {
  await writers?.stop();
  await stack?.stop();
});

const plan = { soak: '1h', soakAfterLast: '1h', watchEvery: '1s', rehearse: false };

/** Whether the new server's file of a table shares its blocks with the old one's. */
async function sharesBlocks(version: number): Promise<boolean> {
  await psql(host, version, 'checkpoint');
  const file = (await psql(host, version, "select pg_relation_filepath('pgbench_branches')")).trim();
  return (await host.run(['filefrag', '-v', `/var/lib/postgresql/${version}/main/${file}`])).includes('shared');
}

/** The migration at the gate after its only phase. */
async function atGate(input: { to: number; mode?: string }) {
  const handle = await stack.migrate({ ...plan, ...input });
  const { phases } = await stack.until(handle, (progress) => progress.phases[0]?.gate?.lastCheckedAt !== undefined);
  expect(phases[0].differences).toEqual([]);
  return { handle, phase: phases[0] };
}

test('on a file system with reflinks, clone is chosen; blocks are shared, and the way back is one start', async () => {
  writers = await startWriters({ connection: stack.cluster.connection, writers: 2, intervalMs: 20 });
  const { handle, phase } = await atGate({ to: 16 });
  expect(phase).toMatchObject({ mode: 'clone', why: expect.stringContaining('reflinks') });
  expect(await sharesBlocks(16)).toBe(true);
  await writers.stop();
  const sql = await stack.connect();
  expect((await writers.verify(sql)).missing).toBe(0);
  await sql.end();
  await handle.executeUpdate('rollback', { args: [{ by: 'ann', to: 15, accept: ['writes-since-15-16'] }] });
  expect(await stack.result(handle)).toMatchObject({ outcome: 'rolled back', runningVersion: 15 });
  expect(await psql(host, 15, 'select count(*) from pgbench_accounts')).toBe('100000\n');
}, 300_000);

test('copy-file-range, which pg_upgrade has from 17 on, is refused before and shares blocks afterwards', async () => {
  await expect((await stack.migrate({ ...plan, to: 16, mode: 'copy-file-range' })).result()).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/copy-file-range/) },
  });
  const { handle } = await atGate({ to: 16 });
  await handle.executeUpdate('approve', { args: [{ phase: '15-16', by: 'ann', early: true }] });
  expect(await stack.result(handle)).toMatchObject({ outcome: 'completed', runningVersion: 16 });
  const second = await atGate({ to: 17, mode: 'copy-file-range' });
  expect(second.phase.mode).toBe('copy-file-range');
  expect(await sharesBlocks(17)).toBe(true);
  await second.handle.executeUpdate('rollback', { args: [{ by: 'ann', to: 16, accept: ['writes-since-16-17'] }] });
  expect(await stack.result(second.handle)).toMatchObject({ outcome: 'rolled back', runningVersion: 16 });
}, 300_000);
