import { startWriters } from '../../sandbox/writers';
import { LabStack } from '../support/lab-stack';

let stack: LabStack;
beforeAll(async () => {
  const prepare: Parameters<typeof LabStack.start>[0]['prepare'] = async (cluster) => {
    cluster.service = { manager: 'pg_ctlcluster', name: 'main' };
    await cluster.host.run(['systemctl', 'stop', 'postgresql@16-main']);
    await cluster.host.run(['pg_ctlcluster', '--skip-systemctl-redirect', '16', 'main', 'start']);
  };
  stack = await LabStack.start({ hosts: ['db1'], version: 16, prepare });
});
afterAll(() => stack?.stop());

test('with Debian’s own tool as the manager: 16 → 17 with writers, rolled back at the gate, forward again', async () => {
  const { cluster } = stack;
  const plan = { to: 17, mode: 'copy', rehearse: false, watchEvery: '1s' };
  const first = await stack.migrate({ ...plan, soakAfterLast: '1h' });
  await stack.until(first, ({ phases }) => phases[0]?.gate?.lastCheckedAt !== undefined);
  expect(await cluster.host.run(['pg_lsclusters', '--no-header'])).toMatch(/^17 +main +5432 online/m);
  await first.executeUpdate('rollback', { args: [{ by: 'ann', accept: ['writes-since-16-17'] }] });
  expect(await stack.result(first)).toMatchObject({ outcome: 'rolled back', runningVersion: 16 });
  expect(await cluster.host.run(['pg_lsclusters', '--no-header'])).toMatch(/^16 +main +5432 online/m);

  const writers = await startWriters({ connection: cluster.connection, writers: 2, intervalMs: 20 });
  const again = await stack.result(await stack.migrate({ ...plan, soakAfterLast: '1s' }));
  await writers.stop();
  expect(again).toMatchObject({ outcome: 'completed', runningVersion: 17 });
  const sql = await stack.connect();
  expect((await writers.verify(sql)).missing).toBe(0);
  await sql.end();
}, 400_000);
