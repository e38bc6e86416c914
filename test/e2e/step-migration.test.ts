import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { MAIN_DATABASE, PLANTED_PASSWORDS, seed } from '../../sandbox/seed/seed';
import { startWriters, type Writers } from '../../sandbox/writers';
import { finalizeInput } from '../../src/migration/input';
import { migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';
import { historyJson, recordHistory } from '../support/record-history';
import { Stack } from '../support/stack';

let stack: Stack;
let writers: Writers | undefined;
let handle: WorkflowHandle;
let result: Progress;
/** Argument vectors and environments of other processes than the tests' own, as anybody on the host could see them. */
const seenInProcesses = new Set<string>();

beforeAll(async () => {
  stack = await Stack.start();
  await seed(stack.server);
  stack.startWorker();
});
afterAll(async () => {
  await writers?.stop();
  await stack.stop();
});

/** A history with the payloads, which it holds as base64, decoded. */
function decoded(history: string): string {
  const payloads = [...history.matchAll(/"data":\s*"([A-Za-z0-9+/=]+)"/g)].map(([, data]) =>
    Buffer.from(data, 'base64').toString(),
  );
  expect(payloads.length).toBeGreaterThan(50);
  return [history, ...payloads].join('\n');
}

const approvalOf = (phase: string) => (progress: Progress) => {
  for (const line of execFileSync('ps', ['-eo', 'args', '--no-headers'], { encoding: 'utf8' }).split('\n'))
    seenInProcesses.add(line);
  return progress.status.includes(`approval of ${phase}`);
};
const write = (n: number) =>
  stack.server.psql(`create table if not exists after_all (n int); insert into after_all values (${n})`, MAIN_DATABASE);

test('a real cluster goes 15 → 16 → 17 → 18 under load, approved at each gate, and nothing is lost', async () => {
  const { port, passwords } = stack.server;
  writers = await startWriters({
    connection: { host: '127.0.0.1', port, user: 'postgres', password: passwords.postgres, database: MAIN_DATABASE },
  });
  handle = await stack.migrate({
    to: 18,
    soak: '1s',
    watchEvery: '1s',
    thresholds: { cpu: 'off', 'free-disk': 'off' },
  });
  await stack.until(handle, approvalOf('15-16'), 240_000);
  await recordHistory(stack.temporal.address, handle.workflowId, 'mid-gate');
  await handle.executeUpdate('approve', { args: [{ phase: '15-16', by: 'ann' }] });
  await stack.until(handle, approvalOf('16-17'), 240_000);
  await handle.signal('approve', { phase: '16-17', by: 'bob' });
  result = (await handle.result()) as Progress;
  await writers.stop();
  await recordHistory(stack.temporal.address, handle.workflowId, 'finished');
  expect(result.outcome).toBe('completed');
  expect(result.phases.flatMap((phase) => phase.differences)).toEqual([]);
  const client = await stack.server.connect(MAIN_DATABASE);
  const check = await writers.verify(client);
  await client.end();
  expect(check.missing).toBe(0);
  expect(check.acknowledged).toBeGreaterThan(100);
}, 600_000);

test('no planted password stands in the history, the logs, the process list or the result', async () => {
  const secrets = [...Object.values(PLANTED_PASSWORDS), stack.server.adminPassword];
  expect(secrets.length).toBeGreaterThan(3);
  const jobs = join(stack.root.path, 'work', 'jobs');
  const outputs = readdirSync(jobs, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\/(output|script)$/.test(file),
  );
  expect(outputs.length).toBeGreaterThan(6);
  const places: Record<string, string> = {
    history: decoded(await historyJson(stack.temporal.address, handle.workflowId)),
    result: JSON.stringify(result),
    'worker log': readFileSync(stack.worker!.logFile, 'utf8'),
    'process list': [...seenInProcesses].join('\n'),
    ...Object.fromEntries(outputs.map((file) => [file, readFileSync(join(jobs, file), 'utf8')])),
  };
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) {
      expect({ place, holds: text.includes(secret) }).toEqual({ place, holds: false });
    }
  }
});

test('after its end the migration is rolled back to 16 once the loss is named, and 16 → 18 is gone', async () => {
  const start = (accept: string[]) =>
    stack.client.workflow.execute('rollbackMigration', {
      taskQueue: 'pgpassage',
      workflowId: migrationId('orders'),
      args: [{ cluster: 'orders', to: 16, accept, by: 'ann' }],
    });
  await write(1);
  await expect(start([])).rejects.toMatchObject({
    cause: { type: 'LossNotAccepted', message: expect.stringContaining('writes-since-16-17') },
  });
  expect(await stack.serverOf(18).running()).toBe(true);
  expect(await start(['writes-since-16-17'])).toMatchObject({ version: 16 });
  expect(
    await stack.server.connect(MAIN_DATABASE).then(async (client) => {
      const { rows } = await client.query(
        "select to_regclass('after_all') as it, current_setting('server_version_num')::int / 10000 as version",
      );
      await client.end();
      return rows[0];
    }),
  ).toEqual({ it: null, version: 16 });
}, 120_000);

test('finalize deletes what a way back would need, and afterwards the way back is refused', async () => {
  const run = (type: string, input: unknown) =>
    stack.client.workflow.execute(type, { taskQueue: 'pgpassage', workflowId: migrationId('orders'), args: [input] });
  const freed = await run('finalizeMigration', finalizeInput.parse({ cluster: 'orders', by: 'ann' }));
  expect(freed).toEqual([{ phase: '15-16', freedBytes: expect.any(Number) }]);
  const refused = run('rollbackMigration', { cluster: 'orders', to: 15, accept: ['writes-since-15-16'], by: 'ann' });
  await expect(refused).rejects.toMatchObject({
    cause: { type: 'InvalidInput', message: expect.stringContaining('holds no way back to 15') },
  });
  expect(await stack.serverOf(16).running()).toBe(true);
}, 120_000);
