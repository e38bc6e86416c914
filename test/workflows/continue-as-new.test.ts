import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTemporal, type TemporalServer } from '../../sandbox/temporal-server';
import { migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';
import { FakeCluster } from '../support/fake-activities';
import { workflowBundle } from '../support/workflow-environment';
import { pgpassage } from '../unit/cli/captured-terminal';

/** A Temporal service that suggests to continue as new early, so that minutes stand for weeks. */
const SUGGEST = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=110'];
const QUEUE = 'pgpassage-long-test';
const fake = new FakeCluster();
let server: TemporalServer;
let connection: Connection;
let client: Client;
let worker: Worker;
let working: Promise<void>;
let workerConnection: NativeConnection;

beforeAll(async () => {
  process.env.PGPASSAGE_TASK_QUEUE = QUEUE;
  const bundle = await workflowBundle();
  server = await startTemporal({ args: SUGGEST });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
  workerConnection = await NativeConnection.connect({ address: server.address });
  const activities = fake.activities();
  worker = await Worker.create({
    connection: workerConnection,
    taskQueue: QUEUE,
    workflowBundle: bundle,
    activities,
  });
  working = worker.run();
});

afterAll(async () => {
  worker?.shutdown();
  await working;
  await workerConnection?.close();
  await connection?.close();
  await server?.stop();
});

const cli = (line: string) => pgpassage(`${line} --address ${server.address}`);
const handle = () => client.workflow.getHandle(migrationId('orders'));

async function until(reached: (progress: Progress, runId: string) => boolean): Promise<Progress> {
  for (let tries = 0; tries < 1200; tries += 1) {
    const { runId } = await handle().describe();
    const progress = await handle().query<Progress>('progress');
    if (reached(progress, runId)) return progress;
    await sleep(50);
  }
  throw new Error('it did not get there');
}

test('a gate with more looks than a history can hold is continued as new, and nothing is forgotten', async () => {
  fake.fail('refreshStatistics', 'Broken', 25);
  fake.sample = { problems: [{ name: 'archiver-failing', detail: 'the archiver failed' }] };
  const started = await cli('start orders --to 17 --soak 1h --soak-after-last 1ms --watch-every 50ms --output json');
  const { runId: first, startedAt } = { ...(JSON.parse(started.out) as { runId: string }), startedAt: Date.now() };
  const watching = cli('status orders --watch --output json');
  const atFirst = await until(({ phases }) => phases[0]?.gate?.lastCheckedAt !== undefined);

  const later = await until((_, runId) => runId !== first);
  expect(later.phases[0].gate).toMatchObject({
    openedAt: atFirst.phases[0].gate!.openedAt,
    soakEndsAt: atFirst.phases[0].gate!.soakEndsAt,
  });
  const alarm = ({ phases }: Progress, name: string) => phases[0].gate!.alarms.find((each) => each.name === name);
  // The alarm's clock goes on, and the step that failed is tried again by the run that follows.
  expect(alarm(later, 'archiver-failing')!.since).toBe(alarm(atFirst, 'archiver-failing')!.since);
  await until((progress) => alarm(progress, 'statistics') === undefined);
  fake.sample = {};

  const rows = JSON.parse((await cli('list --output json')).out) as { startedAt: string; status: string }[];
  expect(rows).toHaveLength(1);
  expect(Math.abs(Date.parse(rows[0].startedAt) - startedAt)).toBeLessThan(5_000);

  await until((progress) => progress.phases[0].gate!.alarms.length === 0);
  expect((await cli('approve orders --phase 15-16 --early --by ann')).out).toMatch(/approved by ann/);
  const watched = await watching;
  expect(watched.exit).toBe(0);
  const end = JSON.parse(watched.out.trim().split('\n').at(-1)!) as Progress;
  expect(end).toMatchObject({ outcome: 'completed', migration: first });
  expect(end.phases[0].gate!.raised).toEqual(expect.arrayContaining(['statistics', 'archiver-failing']));
  expect((await cli(`report orders --run ${first} --format markdown`)).out).toMatch(/approved by ann/);
}, 90_000);

test('a second argument from outside is refused', async () => {
  const carried = { progress: {}, watch: {} };
  const failed = client.workflow.execute('stepMigration', {
    taskQueue: QUEUE,
    workflowId: migrationId('other'),
    args: [{ cluster: 'other', to: 17 }, carried],
  });
  await expect(failed).rejects.toMatchObject({ cause: { type: 'InvalidInput' } });
});
