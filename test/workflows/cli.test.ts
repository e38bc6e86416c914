import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTemporal, type TemporalServer } from '../../sandbox/temporal-server';
import { migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';
import { FakeCluster } from '../support/fake-activities';
import { workflowBundle } from '../support/workflow-environment';
import { CapturedTerminal, pgpassage, type Ran } from '../unit/cli/captured-terminal';

/** Every command against a real Temporal service and the real workflows; only the database host is a stand-in. */
const QUEUE = 'pgpassage-cli-test';
const QUICK = ['--soak', '10m', '--watch-every', '200ms'];
let server: TemporalServer;
let connection: Connection;
let workerConnection: NativeConnection;
let directory: string;

beforeAll(async () => {
  process.env.PGPASSAGE_TASK_QUEUE = QUEUE;
  directory = mkdtempSync(join(tmpdir(), 'pgp-cli-'));
  server = await startTemporal();
  connection = await Connection.connect({ address: server.address });
  workerConnection = await NativeConnection.connect({ address: server.address });
});

afterAll(async () => {
  await workerConnection?.close();
  await connection?.close();
  await server?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** A command sent to the test's own service. */
const cli = (args: string[], terminal?: CapturedTerminal): Promise<Ran> =>
  pgpassage([...args, '--address', server.address], terminal);

/** The JSON answer of a command that has to end well. */
async function json<T>(args: string[]): Promise<T> {
  const { exit, out, err } = await cli([...args, '--output', 'json']);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return JSON.parse(out) as T;
}

async function withWorker(fake: FakeCluster, work: () => Promise<void>, taskQueue = QUEUE): Promise<void> {
  const worker = await Worker.create({
    connection: workerConnection,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: fake.activities(),
  });
  await worker.runUntil(work);
}

const progressOf = async (cluster: string): Promise<Progress> =>
  (await json<{ progress: Progress }>(['status', cluster])).progress;

async function until(cluster: string, reached: (progress: Progress) => boolean): Promise<Progress> {
  for (let tries = 0; tries < 200; tries += 1) {
    const progress = await progressOf(cluster);
    if (progress && reached(progress)) return progress;
    await sleep(50);
  }
  throw new Error(`${cluster} did not get there; it says: ${(await progressOf(cluster)).status}`);
}

const atGate =
  (phase: string) =>
  ({ phases }: Progress): boolean =>
    phases.some(({ name, state, gate }) => name === phase && state === 'soaking' && gate?.evidence !== '');

test('without a worker a command says so, starts nothing and sends nothing', async () => {
  for (const args of [
    ['preflight', 'idle', '--to', '18'],
    ['start', 'idle', '--to', '18'],
    ['finalize', 'idle', '--yes'],
  ]) {
    const { exit, err } = await cli(args);
    expect(err).toMatch(/^No worker polls the task queue "pgpassage-cli-test" .*Nothing was started\..*npm run worker/);
    expect(exit).toBe(7);
  }
  expect(await json(['list'])).toEqual([]);
});

test('a namespace that does not exist is named', async () => {
  const { exit, err } = await cli(['list', '--namespace', 'elsewhere']);
  expect(err).toMatch(/elsewhere.*TEMPORAL_NAMESPACE/);
  expect(exit).toBe(7);
});

test('a migration from preflight to finalize, by commands only', async () => {
  const cluster = 'orders';
  await withWorker(new FakeCluster(), async () => {
    expect((await json<{ results: unknown[] }>(['preflight', cluster, '--to', '17'])).results).toHaveLength(2);
    const plan = await cli(['plan', cluster, '--to', '17']);
    expect(plan.exit).toBe(0);
    expect(plan.out).toMatch(/Plan for orders: 15\.9 → 16 → 17[^]*Rollback ledger[^]*writes-since-15-16/);

    const started = await json<{ workflowId: string }>([
      'start',
      cluster,
      '--to',
      '17',
      '--soak-after-last',
      '1ms',
      ...QUICK,
    ]);
    expect(started.workflowId).toBe(migrationId(cluster));
    const twice = await cli(['start', cluster, '--to', '17']);
    expect(twice.err).toMatch(/"orders" has a migration since .* running already.*Nothing was started/);
    expect(twice.exit).toBe(5);

    const { phases } = await until(cluster, atGate('15-16'));
    const { evidence } = phases[0].gate!;
    expect((await cli(['approve', cluster, '--phase', '15-16'])).err).toMatch(/^the soak goes on until .* early/);
    const wrongPhase = await cli(['approve', cluster, '--phase', '16-17', '--early']);
    expect(wrongPhase.err).toMatch(/the gate is 15-16, not "16-17"/);
    expect(wrongPhase.exit).toBe(4);
    const lossy = await cli(['rollback', cluster]);
    expect(lossy.err).toMatch(/accept the loss by its name: "writes-since-15-16"/);
    expect(lossy.exit).toBe(4);
    expect((await cli(['pause', cluster, '--reason', 'lunch'])).out).toMatch(/^dora paused the migration/);
    expect((await cli(['status', cluster])).out).toMatch(/Paused by dora: lunch[^]*pgpassage resume orders/);
    expect((await cli(['resume', cluster])).exit).toBe(0);
    expect((await cli(['extend', cluster, '--for', '1h'])).out).toMatch(/goes on until/);
    const approved = await cli([
      'approve',
      cluster,
      '--phase',
      '15-16',
      '--early',
      '--evidence',
      evidence,
      '--by',
      'ada',
      '--note',
      'seen',
    ]);
    expect(approved).toEqual({ exit: 0, out: '15-16 is approved by ada.\n', err: '' });

    const watched = await cli(['status', cluster, '--watch']);
    expect(watched.exit).toBe(0);
    expect(watched.out).toMatch(/16-17 outage: done[^]*every phase is done/);

    const report = join(directory, 'report.html');
    expect((await cli(['report', cluster, '--format', 'html', '--file', report])).exit).toBe(0);
    expect(readFileSync(report, 'utf8')).toMatch(/approved by ada[^]*seen/);
    expect((await json<{ checks: unknown }>(['report', cluster])).checks).toEqual({ passed: 84, failed: 0 });

    const afterwards = await cli(['approve', cluster, '--phase', '16-17']);
    expect(afterwards.err).toMatch(
      /"orders" has no running migration: .*a migration, ended completed at .*Nothing was sent/,
    );
    expect(afterwards.exit).toBe(5);

    const unnamed = await cli(['rollback', cluster, '--to', '16']);
    expect(unnamed.err).toMatch(/accept the loss by its name: "writes-since-16-17"\. Nothing was touched/);
    expect(unnamed.exit).toBe(4);
    const back = await cli(['rollback', cluster, '--to', '16', '--accept', 'writes-since-16-17']);
    expect(back.out).toMatch(/PostgreSQL 16 serves orders again/);
    expect(back.exit).toBe(0);
    expect((await cli(['status', cluster])).out).toMatch(/Since then a rollback was started/);

    const finalized = await cli(['finalize', cluster], new CapturedTerminal(['orders']));
    expect(finalized.exit).toBe(0);
    expect((await json<{ type: string }[]>(['list'])).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['stepMigration', 'rollbackMigration', 'finalizeMigration']),
    );
  });
  // A migration that ended is shown without any worker.
  expect((await progressOf(cluster)).outcome).toBe('completed');
});

test('start --watch ends with the exit code of the outcome', async () => {
  const fake = new FakeCluster();
  await withWorker(fake, async () => {
    const rolledBack = cli([
      'start',
      'stock',
      '--to',
      '16',
      '--soak-after-last',
      '10m',
      ...QUICK,
      '--watch',
      '--output',
      'json',
    ]);
    await sleep(300);
    await until('stock', atGate('15-16'));
    expect((await cli(['rollback', 'stock', '--accept', 'writes-since-15-16'])).exit).toBe(0);
    const { exit, out } = await rolledBack;
    expect(exit).toBe(6);
    expect((JSON.parse(out.trim().split('\n').at(-1)!) as Progress).outcome).toBe('rolled back');

    const input = join(directory, 'input.json');
    writeFileSync(input, JSON.stringify({ to: 17, soak: '10m', watchEvery: '200ms' }));
    const rejected = cli(['start', 'stock', '--input', input, '--watch']);
    await sleep(300);
    await until('stock', atGate('15-16'));
    expect((await cli(['reject', 'stock', '--phase', '15-16', '--reason', 'slow'])).exit).toBe(0);
    expect((await rejected).exit).toBe(8);

    const unknown = await cli(['start', 'unknown', '--to', '18', '--watch']);
    expect(unknown.err).toMatch(/the inventory has no cluster "unknown"/);
    expect(unknown.exit).toBe(2);
  });
});

test('blockers give exit code 3, before and in a migration', async () => {
  const fake = new FakeCluster();
  fake.blockers = [
    {
      check: 'prepared-transactions',
      severity: 'blocker',
      effect: 'ends the upgrade',
      object: 'gid 7',
      seen: 'it is open',
      action: 'end it',
    },
  ];
  await withWorker(fake, async () => {
    const preflight = await cli(['preflight', 'shop', '--to', '16']);
    expect(preflight.out).toMatch(/Blocked: 1 blocker[^]*prepared-transactions: gid 7[^]*end it/);
    expect(preflight.exit).toBe(3);
    const started = await cli(['start', 'shop', '--to', '16', '--watch']);
    expect(started.err).toMatch(/prepared-transactions/);
    expect(started.exit).toBe(3);
  });
});

test('a watch outlives the worker and Temporal itself, and says so', async () => {
  const dbFilename = join(directory, 'temporal.db');
  const port = Number(server.address.split(':')[1]);
  expect(port).toBeGreaterThan(0);
  let own = await startTemporal({ dbFilename });
  const at = ['--address', own.address];
  const terminal = new CapturedTerminal();
  const worked = await NativeConnection.connect({ address: own.address });
  const worker = await Worker.create({
    connection: worked,
    taskQueue: QUEUE,
    workflowBundle: await workflowBundle(),
    activities: new FakeCluster().activities(),
  });
  await worker.runUntil(async () => {
    expect((await pgpassage(['start', 'wide', '--to', '16', '--soak-after-last', '10m', ...QUICK, ...at])).exit).toBe(
      0,
    );
    const watching = pgpassage(['status', 'wide', '--watch', ...at], terminal);
    await waitFor(() => /soak until/.test(terminal.printed));
    await own.stop();
    await waitFor(() => /Temporal at .* does not answer/.test(terminal.remarks));
    own = await startTemporal({ dbFilename, port: Number(own.address.split(':')[1]) });
    await waitFor(() => /Watching again/.test(terminal.remarks));
    const ended = await retried(() => pgpassage(['rollback', 'wide', '--accept', 'writes-since-15-16', ...at]));
    expect(ended.exit).toBe(0);
    expect((await watching).exit).toBe(6);
  });
  await worked.close();
  await own.stop();
});

async function waitFor(reached: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (reached()) return;
    await sleep(50);
  }
  throw new Error('that did not come to pass within 20 s');
}

/** The worker needs a moment to find its way back to a service that was away. */
async function retried(command: () => Promise<Ran>): Promise<Ran> {
  for (let tries = 0; ; tries += 1) {
    const ran = await command();
    if (ran.exit !== 7 || tries > 20) return ran;
    await sleep(500);
  }
}

test('a terminated migration is shown as such, with where it stood', async () => {
  const client = new Client({ connection });
  await withWorker(new FakeCluster(), async () => {
    await cli(['start', 'cut', '--to', '16', ...QUICK]);
    await until('cut', atGate('15-16'));
    await client.workflow.getHandle(migrationId('cut')).terminate('by hand');
    const { exit, out } = await cli(['status', 'cut']);
    expect(out).toMatch(/cut: PostgreSQL 16 → 16, stopped[^]*terminated, so nothing was undone/);
    expect(exit).toBe(0);
    expect((await cli(['status', 'cut', '--watch'])).exit).toBe(8);
  });
});
