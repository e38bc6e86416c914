import { Client, Connection, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
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
const QUICK = '--soak 10m --watch-every 200ms';
let server: TemporalServer;
let connection: Connection;
let workerConnection: NativeConnection;
let worker: Worker;
let working: Promise<void>;
let directory: string;
const fake = new FakeCluster();

beforeEach(() => Object.assign(fake, { version: 15, blockers: [] }));

beforeAll(async () => {
  process.env.PGPASSAGE_TASK_QUEUE = QUEUE;
  directory = mkdtempSync(join(tmpdir(), 'pgp-cli-'));
  // First of all: it also sets up the runtime that connections of workers are made in.
  await workflowBundle();
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
const cli = (line: string, terminal?: CapturedTerminal): Promise<Ran> =>
  pgpassage(`${line} --address ${server.address}`, terminal);

/** The JSON answer of a command that has to end well. */
async function json<T>(line: string): Promise<T> {
  const { exit, out, err } = await cli(`${line} --output json`);
  expect({ exit, err }).toEqual({ exit: 0, err: '' });
  return JSON.parse(out) as T;
}

const progressOf = async (cluster: string): Promise<Progress> =>
  (await json<{ progress: Progress }>(`status ${cluster}`)).progress;

/** Waits, by the query, until the cluster's running migration says so. */
async function until(cluster: string, reached: (progress: Progress) => boolean): Promise<Progress> {
  for (let tries = 0; tries < 400; tries += 1) {
    const run = await runningMigration(cluster);
    const progress = await run?.query<Progress>('progress');
    if (progress && reached(progress)) return progress;
    await sleep(25);
  }
  throw new Error(`${cluster} did not get there`);
}

async function runningMigration(cluster: string): Promise<WorkflowHandle | undefined> {
  const handle = new Client({ connection }).workflow.getHandle(migrationId(cluster));
  try {
    const { type, status } = await handle.describe();
    return type === 'stepMigration' && status.name === 'RUNNING' ? handle : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

const atGate =
  (phase: string) =>
  ({ phases }: Progress): boolean =>
    phases.some(({ name, state, gate }) => name === phase && state === 'soaking' && gate?.evidence !== '');

test('without a worker a command says so, starts nothing and sends nothing', async () => {
  const commands = ['preflight idle --to 18', 'start idle --to 18', 'finalize idle --yes'];
  for (const { exit, err } of await Promise.all(commands.map((line) => cli(line)))) {
    expect(err).toMatch(/^No worker polls the task queue "pgpassage-cli-test" .*Nothing was started\..*npm run worker/);
    expect(exit).toBe(7);
  }
  expect(await json('list')).toEqual([]);
});

test('a namespace that does not exist is named', async () => {
  const { exit, err } = await cli('list --namespace elsewhere');
  expect(err).toMatch(/elsewhere.*TEMPORAL_NAMESPACE/);
  expect(exit).toBe(7);
});

test('from here on a worker is there', async () => {
  worker = await Worker.create({
    connection: workerConnection,
    taskQueue: QUEUE,
    workflowBundle: await workflowBundle(),
    activities: fake.activities(),
  });
  working = worker.run();
  expect((await cli('preflight idle --to 18')).exit).toBe(0);
});

test('a database is reported on by a workflow of its own', async () => {
  const { exit, out } = await cli('rewrite-sql --cluster orders --database app --check');
  expect(out).toContain('view public.near:2: calls something');
  expect(out).toMatch(
    /1 call would be rewritten, 1 place could not be judged\.\nExtension ruvector 0\.1\.0 in schema public\.\n$/,
  );
  expect(exit).toBe(11);
  expect(await json('rewrite-sql --cluster orders --database app')).toMatchObject({
    cluster: 'orders',
    database: 'app',
  });
});

test('a migration from preflight to finalize, by commands only', async () => {
  expect((await json<{ results: unknown[] }>(`preflight orders --to 17`)).results).toHaveLength(2);
  const plan = await cli(`plan orders --to 17`);
  expect(plan.exit).toBe(0);
  expect(plan.out).toMatch(/Plan for orders: 15\.9 → 16 → 17[^]*Rollback ledger[^]*writes-since-15-16/);

  const started = await json<{ workflowId: string }>(`start orders --to 17 --soak-after-last 1ms ${QUICK}`);
  expect(started.workflowId).toBe(migrationId('orders'));
  const twice = await cli(`start orders --to 17`);
  expect(twice.err).toMatch(/"orders" has a migration since .* running already.*Nothing was started/);
  expect(twice.exit).toBe(5);

  const { phases } = await until('orders', atGate('15-16'));
  const { evidence } = phases[0].gate!;
  expect((await cli(`approve orders --phase 15-16`)).err).toMatch(/^the soak goes on until .* early/);
  const wrongPhase = await cli(`approve orders --phase 16-17 --early`);
  expect(wrongPhase.err).toMatch(/the gate is 15-16, not "16-17"/);
  expect(wrongPhase.exit).toBe(4);
  const lossy = await cli(`rollback orders`);
  expect(lossy.err).toMatch(/accept the loss by its name: "writes-since-15-16"/);
  expect(lossy.exit).toBe(4);
  expect((await cli(`pause orders --reason lunch`)).out).toMatch(/^dora paused the migration/);
  expect((await cli(`status orders`)).out).toMatch(/Paused by dora: lunch[^]*pgpassage resume orders/);
  expect((await cli(`resume orders`)).exit).toBe(0);
  expect((await cli(`extend orders --for 1h`)).out).toMatch(/goes on until/);
  const approved = await cli(`approve orders --phase 15-16 --early --evidence ${evidence} --by ada --note seen`);
  expect(approved).toEqual({ exit: 0, out: '15-16 is approved by ada.\n', err: '' });

  const watched = await cli(`status orders --watch`);
  expect(watched.exit).toBe(0);
  expect(watched.out).toMatch(/16-17 outage: done[^]*every phase is done/);

  const report = join(directory, 'report.html');
  expect((await cli(`report orders --format html --file ${report}`)).exit).toBe(0);
  expect(readFileSync(report, 'utf8')).toMatch(/approved by ada[^]*seen/);
  expect((await json<{ checks: unknown }>(`report orders`)).checks).toEqual({ passed: 84, failed: 0 });

  const afterwards = await cli(`approve orders --phase 16-17`);
  expect(afterwards.err).toMatch(
    /"orders" has no running migration: .*a migration, ended completed at .*Nothing was sent/,
  );
  expect(afterwards.exit).toBe(5);

  const unnamed = await cli(`rollback orders --to 16`);
  expect(unnamed.err).toMatch(/accept the loss by its name: "writes-since-16-17"\. Nothing was touched/);
  expect(unnamed.exit).toBe(4);
  const back = await cli(`rollback orders --to 16 --accept writes-since-16-17`);
  expect(back.out).toMatch(/PostgreSQL 16 serves orders again/);
  expect(back.exit).toBe(0);
  expect((await cli(`status orders`)).out).toMatch(/Since then a rollback was started/);

  const finalized = await cli(`finalize orders`, new CapturedTerminal(['orders']));
  expect(finalized.exit).toBe(0);
  expect((await json<{ type: string }[]>('list')).map(({ type }) => type)).toEqual(
    expect.arrayContaining(['stepMigration', 'rollbackMigration', 'finalizeMigration']),
  );
});

test('start --watch ends with the exit code of the outcome', async () => {
  const rolledBack = cli(`start stock --to 16 --soak-after-last 10m ${QUICK} --watch --output json`);
  await until('stock', atGate('15-16'));
  expect((await cli('rollback stock --accept writes-since-15-16')).exit).toBe(0);
  const { exit, out } = await rolledBack;
  expect(exit).toBe(6);
  expect((JSON.parse(out.trim().split('\n').at(-1)!) as Progress).outcome).toBe('rolled back');

  const input = join(directory, 'input.json');
  writeFileSync(input, JSON.stringify({ to: 17, soak: '10m', watchEvery: '200ms' }));
  const rejected = cli(`start stock --input ${input} --watch`);
  await until('stock', atGate('15-16'));
  expect((await cli('reject stock --phase 15-16 --reason slow')).exit).toBe(0);
  expect((await rejected).exit).toBe(8);

  const unknown = await cli('start unknown --to 18 --watch');
  expect(unknown.err).toMatch(/the inventory has no cluster "unknown"/);
  expect(unknown.exit).toBe(2);
});

test('blockers give exit code 3, before and in a migration', async () => {
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
  const preflight = await cli('preflight shop --to 16');
  expect(preflight.out).toMatch(/Blocked: 1 blocker[^]*prepared-transactions: gid 7[^]*end it/);
  expect(preflight.exit).toBe(3);
  const started = await cli('start shop --to 16 --watch');
  expect(started.err).toMatch(/prepared-transactions/);
  expect(started.exit).toBe(3);
});

test('a watch outlives Temporal, and says so', async () => {
  const own = { dbFilename: join(directory, 'temporal.db') };
  const first = await startTemporal(own);
  const terminal = new CapturedTerminal();
  const begun = new Client({ connection: await Connection.connect({ address: first.address }) });
  await begun.workflow.start('stepMigration', {
    workflowId: migrationId('wide'),
    taskQueue: QUEUE,
    args: [{ cluster: 'wide', to: 16 }],
  });
  const watching = pgpassage(`status wide --watch --address ${first.address}`, terminal);
  await waitFor(terminal, /worker/); // it has begun to watch: nobody answers for the migration
  await first.stop();
  await waitFor(terminal, /Temporal at .* does not answer\. What it has begun/);
  const again = await startTemporal({ ...own, port: Number(first.address.split(':')[1]) });
  await begun.workflow.getHandle(migrationId('wide')).terminate();
  expect((await watching).exit).toBe(8);
  await begun.connection.close();
  await again.stop();
});

async function waitFor(terminal: CapturedTerminal, said: RegExp): Promise<void> {
  for (let tries = 0; tries < 1200; tries += 1) {
    if (said.test(terminal.remarks)) return;
    await sleep(50);
  }
  throw new Error(`${String(said)} was not said within a minute, but: ${terminal.remarks}`);
}

test('a terminated migration is shown as such, with where it stood', async () => {
  const client = new Client({ connection });
  await cli(`start cut --to 16 ${QUICK}`);
  await until('cut', atGate('15-16'));
  await client.workflow.getHandle(migrationId('cut')).terminate('by hand');
  const { exit, out } = await cli('status cut');
  expect(out).toMatch(/cut: PostgreSQL 16 → 16, stopped[^]*terminated, so nothing was undone/);
  expect(exit).toBe(0);
  expect((await cli('status cut --watch')).exit).toBe(8);
});

test('a migration that ended is shown without any worker', async () => {
  worker.shutdown();
  await working;
  expect((await progressOf('orders')).outcome).toBe('completed');
});
