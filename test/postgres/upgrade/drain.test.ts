import { setTimeout as sleep } from 'node:timers/promises';
import { drainInput, type DrainInput } from '../../../src/migration/drain';
import { planDrain } from '../../../src/pgbouncer/drain';
import { letIn } from '../../../src/pgbouncer/let-in';
import { exists } from '../../../src/hosts/files';
import { inspectJob, jobDirectory } from '../../../src/hosts/durable-job';
import { layout } from '../../../src/postgres/cluster';
import { ClientsNotDrained, outage, OutageRolledBack, type Outage } from '../../../src/postgres/upgrade/outage';
import { rollBack } from '../../../src/postgres/upgrade/rollback';
import { BEFORE_READ_ONLY } from '../../../src/postgres/upgrade/shell';
import { PhaseLab } from '../../support/phase-lab';
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

let lab: PhaseLab;
let phase: Awaited<ReturnType<PhaseLab['prepared']>>;
beforeEach(async () => {
  lab = await PhaseLab.start(16);
  await lab.server.psql("alter system set work_mem = '5MB'");
  phase = await lab.prepared(16, 17, 'copy');
});
afterEach(() => lab.stop());

async function run(drain: Partial<DrainInput>): Promise<Outage> {
  const plan = await planDrain(lab.cluster, layout(lab.cluster, 16), { id: 'outage' }, drainInput.parse(drain));
  return outage(lab.cluster, phase.directory, phase.record, 'outage', lab.run, plan);
}

const readOnly = () => lab.server.psql("select current_setting('default_transaction_read_only')");

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(30);
}

/** Until the job has made the server read-only and waits for the transaction that is open. */
const untilReadOnly = () => until(async () => (await readOnly()) === 'on');

test('read-only: new transactions may only read, an open one ends in peace, and both servers are writable afterwards', async () => {
  const writer = await lab.server.connect();
  await writer.query('begin; insert into public.kept values (-1)');
  const outcome = run({ readOnly: true });
  await untilReadOnly();
  const late = await lab.server.connect();
  await expect(late.query('insert into public.kept values (-2)')).rejects.toThrow('read-only transaction');
  expect((await late.query('select count(*) from public.kept')).rows).toEqual([{ count: '1000' }]);
  await late.end();
  await writer.query('commit');
  await writer.end();
  expect((await outcome).endedSessions).toEqual([]);
  expect(await lab.serving()).toEqual([17]);
  expect(await readOnly()).toBe('off');
  await lab.write(1001);
  expect(await lab.rows()).toBe(1002);
  await rollBack(lab.cluster, phase.directory, phase.record, true, 'back', lab.run);
  expect(await readOnly()).toBe('off');
  expect(await lab.server.psql("select current_setting('work_mem')")).toBe('5MB');
  expect(await lab.rows()).toBe(1001);
});

test('give-up: the server is writable again, and nothing was stopped', async () => {
  const writer = await lab.server.connect();
  await writer.query('begin; insert into public.kept values (-1)');
  await expect(run({ readOnly: true, deadline: 500 })).rejects.toBeInstanceOf(ClientsNotDrained);
  await writer.query('commit');
  await writer.end();
  expect(await readOnly()).toBe('off');
  await lab.write(-2);
  expect(await lab.rows()).toBe(1002);
});

test('a job that is killed while the server is read-only: the look afterwards makes it writable', async () => {
  const writer = await lab.server.connect();
  await writer.query('begin; insert into public.kept values (-1)');
  const outcome = run({ readOnly: true, then: 'wait' });
  await untilReadOnly();
  const { host, entry } = lab.cluster;
  const pid = readFileSync(`${jobDirectory(host, { id: 'outage' })}/pid`, 'utf8').split(' ')[0];
  execFileSync('pkill', ['-KILL', '-s', pid]);
  await expect(outcome).rejects.toBeInstanceOf(OutageRolledBack);
  await letIn(lab.cluster, 16);
  await letIn(lab.cluster, 16);
  await until(async () => (await readOnly()) === 'off');
  expect(await lab.server.psql("select current_setting('work_mem')")).toBe('5MB');
  const { dataDirectory } = layout(lab.cluster, 16);
  expect(await exists(host, `${dataDirectory}/${BEFORE_READ_ONLY}`, entry.osUser)).toBe(false);
  await writer.query('commit');
  await writer.end();
  expect(await lab.rows()).toBe(1001);
});

test('without PgBouncer and read-only switch open transactions have the deadline, then they are ended and named', async () => {
  const writer = await lab.server.connect();
  await writer.query('begin; insert into public.kept values (-1)');
  const result = await run({ deadline: 500, then: 'terminate' });
  expect(result.endedSessions).toEqual([
    expect.stringMatching(/^session \d+ of postgres in database postgres: state idle in/),
  ]);
  await writer.end().catch(() => undefined);
  expect((await inspectJob(lab.cluster.host, { id: 'outage' })).state).toBe('finished');
  expect(await lab.rows()).toBe(1000);
});
