import { startWriters } from '../../sandbox/writers';
import { LabStack } from '../support/lab-stack';

let stack: LabStack;
beforeAll(async () => {
  stack = await LabStack.start({ hosts: ['db1'], version: 15 });
});
afterAll(() => stack?.stop());

test('15 → 16 → 17 → 18 over SSH, under systemd, in Debian’s layout, with writers: nothing is missing, and 18 starts at boot', async () => {
  const { cluster } = stack;
  const writers = await startWriters({ connection: cluster.connection, writers: 2, intervalMs: 20 });
  for (const to of [16, 17, 18]) {
    const result = await stack.result(await stack.migrate({ to, soakAfterLast: '1s', watchEvery: '1s' }));
    expect(result).toMatchObject({ outcome: 'completed', runningVersion: to });
    expect(result.phases[0].differences).toEqual([]);
  }
  await writers.stop();
  await cluster.host.powerCut();
  await cluster.host.boot();
  const sql = await stack.connect();
  expect((await writers.verify(sql)).missing).toBe(0);
  expect((await sql.query<{ server_version: string }>('show server_version')).rows[0].server_version).toMatch(/^18\./);
  await sql.end();
  expect(await cluster.host.run(['pg_lsclusters', '--no-header'])).toMatch(/^18 +main +5432 online/m);
  expect(await cluster.host.run(['sh', '-c', 'pgrep -xc postgres || true'])).not.toBe('0\n');
}, 600_000);

test('a host that is down at the start is named, and nothing is touched', async () => {
  await stack.cluster.host.powerCut();
  const handle = await stack.client.workflow.start('preflightCheck', {
    taskQueue: 'pgpassage',
    workflowId: 'preflight',
    args: [{ cluster: 'orders', to: 18 }],
  });
  let failure = '';
  for (let tries = 0; tries < 100 && failure === ''; tries += 1) {
    const { raw } = await handle.describe();
    failure = raw.pendingActivities?.[0]?.lastFailure?.message ?? '';
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(failure).toMatch(/db1/);
  await handle.terminate('seen');
});
