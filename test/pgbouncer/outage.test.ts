import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { inspectJob, jobDirectory } from '../../src/hosts/durable-job';
import type { DrainInput } from '../../src/migration/drain';
import { drainInput } from '../../src/migration/drain';
import { layout } from '../../src/postgres/cluster';
import { withSql } from '../../src/postgres/connection';
import { planDrain } from '../../src/pgbouncer/drain';
import { letIn } from '../../src/pgbouncer/let-in';
import { ClientsNotDrained, outage, OutageRolledBack, type Outage } from '../../src/postgres/upgrade/outage';
import { startPgBouncer, type SandboxPgBouncer } from '../../sandbox/pgbouncer';
import { startWriters, type Writers } from '../../sandbox/writers';
import { connectThrough, entryOf } from '../support/pgbouncer';
import { PhaseLab } from '../support/phase-lab';

let lab: PhaseLab;
let bouncers: SandboxPgBouncer[];
let writers: Writers | undefined;
/** Another attempt of the same step, as after a worker's death. */
let attach: () => Promise<Outage>;
beforeEach(async () => {
  lab = await PhaseLab.start(16);
  await lab.server.psql('create database "Second-db"');
  bouncers = [
    await startPgBouncer(lab.server, { databases: ['postgres', 'Second-db'] }),
    await startPgBouncer(lab.server),
  ];
  lab.cluster.entry.pgbouncer = bouncers.map((each) => entryOf(each));
});
afterEach(async () => {
  await writers?.stop();
  writers = undefined;
  for (const bouncer of bouncers) await bouncer.stop();
  await lab.stop();
});

/** Clients that write through the first PgBouncer all along. */
async function write(): Promise<Writers> {
  const { passwords } = lab.server;
  writers = await startWriters({
    connection: {
      ...{ host: '127.0.0.1', port: bouncers[0].port, user: 'postgres', password: passwords.postgres },
      ...{ database: 'postgres', query_timeout: 60_000 },
    },
  });
  return writers;
}

async function run(drain: Partial<DrainInput> = {}, id = 'outage'): Promise<Outage> {
  const { directory, record } = await lab.prepared(16, 17, 'copy');
  attach = () => outage(lab.cluster, directory, record, id, lab.run);
  const plan = await planDrain(lab.cluster, layout(lab.cluster, 16), { id }, drainInput.parse(drain));
  return outage(lab.cluster, directory, record, id, lab.run, plan);
}

const paused = async () => (await Promise.all(bouncers.map((each) => each.paused()))).flat();

/** A client of the first PgBouncer in the middle of a transaction. */
async function inTransaction(): Promise<Client> {
  const client = await connectThrough(bouncers[0], lab.server);
  await client.query('begin');
  await client.query('insert into public.kept values (-1)');
  return client;
}

test('clients behind two PgBouncers see waiting and no error, are let in again, and nothing of theirs is lost', async () => {
  const { status, verify, stop } = await write();
  const other = await connectThrough(bouncers[1], lab.server);
  const result = await run();
  await sleep(300);
  await stop();
  expect(await lab.serving()).toEqual([17]);
  expect(status()).toMatchObject({ errors: 0, unknown: 0 });
  expect(await paused()).toEqual([]);
  expect((await other.query<{ n: string }>('select count(*) as n from public.kept')).rows[0].n).toBe('1000');
  await other.end();
  const client = await lab.server.connect();
  expect(await verify(client)).toMatchObject({ missing: 0, extra: 0 });
  await client.end();
  expect(result.heldMs).toBeGreaterThanOrEqual(result.outageMs);
  expect(result.endedSessions).toEqual([]);
  process.stdout.write(
    `outage ${result.outageMs} ms, clients held back ${result.heldMs} ms, longest wait of a client ${Math.round(status().longestMs)} ms\n`,
  );
  // The job is attached to: it never runs twice, and letting in what is in already does nothing.
  expect(await attach()).toEqual(result);
  expect(await letIn(lab.cluster, 16)).toEqual([]);
});

test('pg_upgrade fails after the PAUSE: the clients go on with the old server and saw no error', async () => {
  await withSql(lab.cluster, {}, (sql) =>
    sql.query('create view public.trap as select buffers_backend from pg_stat_bgwriter'),
  );
  const { status } = await write();
  await expect(run()).rejects.toBeInstanceOf(OutageRolledBack);
  const { acknowledged } = status();
  await sleep(300);
  expect(status().acknowledged).toBeGreaterThan(acknowledged);
  expect(status().errors).toBe(0);
  expect(await paused()).toEqual([]);
  expect(await lab.serving()).toEqual([16]);
});

describe('a transaction that outlasts the deadline', () => {
  test('give-up: named, the old server was not stopped, every client goes on, the transaction can commit', async () => {
    const client = await inTransaction();
    const { status } = await write();
    const failed = await run({ deadline: 1000 }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ClientsNotDrained);
    expect((failed as Error).message).toMatch(
      /open: session \d+ of postgres .*in database postgres: state idle in transaction/,
    );
    expect((failed as Error).message).toContain('still waiting for postgres on 127.0.0.1');
    await client.query('commit');
    await client.end();
    expect(status().errors).toBe(0);
    expect(await paused()).toEqual([]);
    expect(await lab.serving()).toEqual([16]);
    expect(await lab.rows()).toBe(1001);
  });

  test('terminate: its session is ended and named, nobody else sees an error', async () => {
    const client = await inTransaction();
    const { status } = await write();
    const result = await run({ deadline: 1000, then: 'terminate' });
    expect(result.endedSessions).toEqual([expect.stringMatching(/of postgres .*state idle in transaction/)]);
    await expect(client.query('commit')).rejects.toThrow();
    expect(await lab.serving()).toEqual([17]);
    expect(await lab.rows()).toBe(1000);
    expect(status().errors).toBe(0);
  });

  test('wait: the phase goes on when it has ended by itself', async () => {
    const client = await inTransaction();
    const outcome = run({ deadline: 500, then: 'wait' });
    await until(async () => (await output('outage')).includes('the deadline has passed; waiting on'));
    expect(await paused()).not.toEqual([]);
    await client.query('commit');
    expect((await outcome).endedSessions).toEqual([]);
    expect(await lab.rows()).toBe(1001);
    await client.end();
  });
});

test('a job that is killed after the PAUSE: the look afterwards resumes, and its password file is gone', async () => {
  const client = await inTransaction();
  const outcome = run({ then: 'wait' });
  await until(async () => (await paused()).length === 3);
  const directory = jobDirectory(lab.cluster.host, { id: 'outage' });
  expect(existsSync(`${directory}/secrets/pgpass`)).toBe(true);
  const pid = readFileSync(`${directory}/pid`, 'utf8').split(' ')[0];
  execFileSync('pkill', ['-KILL', '-s', pid]);
  await expect(outcome).rejects.toBeInstanceOf(OutageRolledBack);
  expect(existsSync(`${directory}/secrets`)).toBe(false);
  expect(await paused()).toHaveLength(3);
  expect((await letIn(lab.cluster, 16)).sort()).toEqual(
    [
      ...['Second-db', 'postgres'].map((name) => `${name} on 127.0.0.1:${bouncers[0].port}`),
      `postgres on 127.0.0.1:${bouncers[1].port}`,
    ].sort(),
  );
  expect(await letIn(lab.cluster, 16)).toEqual([]);
  expect(await paused()).toEqual([]);
  await client.query('commit');
  await client.end();
  expect(await lab.rows()).toBe(1001);
});

test('one PgBouncer that goes away before the PAUSE: nothing is stopped, and the other one is resumed', async () => {
  const { directory, record } = await lab.prepared(16, 17, 'copy');
  const plan = await planDrain(lab.cluster, layout(lab.cluster, 16), { id: 'outage' }, drainInput.parse({}));
  await bouncers[1].stop();
  const failed = outage(lab.cluster, directory, record, 'outage', lab.run, plan);
  await expect(failed).rejects.toThrow(`did not pause postgres on 127.0.0.1:${bouncers[1].port}`);
  await expect(failed).rejects.toBeInstanceOf(ClientsNotDrained);
  expect(await bouncers[0].paused()).toEqual([]);
  expect(await lab.serving()).toEqual([16]);
  // One that does not run holds nobody back: undoing the phase does not wait for it.
  expect(await letIn(lab.cluster, 16)).toEqual([]);
});

test('neither the script nor the output of the job holds a password', async () => {
  await run();
  const directory = jobDirectory(lab.cluster.host, { id: 'outage' });
  for (const file of ['script', 'output']) {
    const text = readFileSync(`${directory}/${file}`, 'utf8');
    for (const { adminPassword } of [...bouncers, lab.server]) expect(text).not.toContain(adminPassword);
  }
  expect(existsSync(`${directory}/secrets`)).toBe(false);
});

async function output(id: string): Promise<string> {
  const status = await inspectJob(lab.cluster.host, { id });
  return status.state === 'absent' ? '' : status.output;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(30);
}
