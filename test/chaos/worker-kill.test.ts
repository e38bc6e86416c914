import type { WorkflowHandle } from '@temporalio/client';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAIN_DATABASE, seed } from '../../sandbox/seed/seed';
import { startWriters } from '../../sandbox/writers';
import { migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';
import { Stack } from '../support/stack';

let stack: Stack;
beforeAll(async () => {
  stack = await Stack.start();
  await seed(stack.server);
});
afterAll(() => stack.stop());

const step = (name: string, state: string) => (progress: Progress) =>
  progress.phases.some((phase) => phase.steps.some((each) => each.name === name && each.state === state));

/** Waits until the command of one of the migration's durable jobs runs; fails with the migration's own words if it ends before. */
async function running(handle: WorkflowHandle, command: string): Promise<void> {
  const pattern = `${stack.root.path}.*${command}|${command}.*${stack.root.path}`;
  const deadline = Date.now() + 60_000;
  while (spawnSync('pgrep', ['-f', pattern]).status !== 0) {
    if ((await handle.describe()).status.name !== 'RUNNING') {
      throw new Error(`${command} never ran: ${JSON.stringify(await handle.result())}`);
    }
    if (Date.now() > deadline) throw new Error(`${command} did not run within 60 s\n${stack.endOfLog()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function killAndRestart(): Promise<void> {
  await stack.killWorker();
  stack.startWorker();
}

test('a worker killed during the backup, during pg_upgrade and during the soak: the migration completes, pg_upgrade ran once, nothing is lost', async () => {
  stack.startWorker();
  const { port, passwords } = stack.server;
  const writers = await startWriters({
    connection: { host: '127.0.0.1', port, user: 'postgres', password: passwords.postgres, database: MAIN_DATABASE },
  });
  const handle = await stack.migrate({
    to: 16,
    rehearse: false,
    soakAfterLast: '6s',
    watchEvery: '1s',
    thresholds: { cpu: 'off', 'free-disk': 'off' },
  });
  await running(handle, 'pg_basebackup');
  await killAndRestart();
  await stack.until(handle, step('base backup', 'done'));
  await running(handle, 'pg_upgrade.*--old-bindir');
  await killAndRestart();
  await stack.until(handle, (progress) => progress.phases[0].gate !== undefined);
  await killAndRestart();
  const result = (await handle.result()) as Progress;
  await writers.stop();

  expect(result).toMatchObject({ outcome: 'completed', runningVersion: 16 });
  expect(result.phases[0].differences).toEqual([]);
  const client = await stack.server.connect(MAIN_DATABASE);
  const check = await writers.verify(client);
  await client.end();
  expect(check.missing).toBe(0);
  const jobs = join(stack.root.path, 'work', 'jobs');
  const outages = readdirSync(join(jobs, 'self')).filter((name) => name.endsWith('.outage'));
  expect(outages).toHaveLength(1);
  const output = readFileSync(join(jobs, 'self', outages[0], 'output'), 'utf8');
  expect(output.match(/Performing Upgrade/g)).toHaveLength(1);
  const backups = readdirSync(join(jobs, stack.server.osUser)).filter((name) => name.endsWith('.backup'));
  expect(backups).toHaveLength(1);
}, 240_000);

test('rolled back and migrated again, the worker restarted in order while pg_upgrade runs: it leaves the job alone, which ends well', async () => {
  const back = { cluster: 'orders', to: 15, accept: ['writes-since-15-16'], by: 'ann' };
  const options = { taskQueue: 'pgpassage', workflowId: migrationId('orders') };
  await stack.client.workflow.execute('rollbackMigration', { ...options, args: [back] });
  const plan = { to: 16, rehearse: false, soakAfterLast: 0, thresholds: { cpu: 'off', 'free-disk': 'off' } };
  const handle = await stack.migrate(plan);
  await running(handle, 'pg_upgrade.*--old-bindir=.*--socketdir');
  await stack.terminateWorker();
  stack.startWorker();
  const result = (await handle.result()) as Progress;
  expect(result).toMatchObject({ outcome: 'completed', runningVersion: 16 });
}, 240_000);
