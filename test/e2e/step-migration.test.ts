import { MAIN_DATABASE, seed } from '../../sandbox/seed/seed';
import { startWriters } from '../../sandbox/writers';
import type { Progress } from '../../src/migration/progress';
import { Stack } from '../support/stack';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start();
  await seed(stack.server);
  stack.startWorker();
});
afterAll(() => stack.stop());

test('a real cluster goes 15 → 16 → 17 → 18 under load, approved at each gate, and nothing is lost', async () => {
  const { port, passwords } = stack.server;
  const writers = await startWriters({
    connection: { host: '127.0.0.1', port, user: 'postgres', password: passwords.postgres, database: MAIN_DATABASE },
  });
  const handle = await stack.migrate({
    to: 18,
    soak: '1s',
    watchEvery: '1s',
    thresholds: { cpu: 'off', 'free-disk': 'off' },
  });
  for (const phase of ['15-16', '16-17']) {
    await stack.until(handle, (progress) => progress.status.includes(`approval of ${phase}`));
    await handle.executeUpdate('approve', { args: [{ phase, by: 'ann' }] });
  }
  const result = (await handle.result()) as Progress;
  await writers.stop();
  expect(result.outcome).toBe('completed');
  expect(result.phases.flatMap((phase) => phase.differences)).toEqual([]);
  const client = await stack.server.connect(MAIN_DATABASE);
  const check = await writers.verify(client);
  await client.end();
  expect(check.missing).toBe(0);
  expect(check.acknowledged).toBeGreaterThan(100);
}, 300_000);
