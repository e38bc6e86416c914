import { closeSync, openSync, readFileSync } from 'node:fs';
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { Client } from 'pg';
import { asPostgres, makeCluster, writeLabInventory, type LabCluster } from '../../sandbox/lab/cluster';
import { upLab, type Lab } from '../../sandbox/lab/lab';
import { LAB_DIRECTORY } from '../../sandbox/lab/names';
import { projectRoot } from '../../sandbox/project-root';
import { startTemporal, type TemporalServer } from '../../sandbox/temporal-server';
import { startWriters } from '../../sandbox/writers';
import { migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';

let lab: Lab;
let cluster: LabCluster;
let temporal: TemporalServer;
let client: TemporalClient;
let worker: ChildProcess;
const workerLog = join(LAB_DIRECTORY, 'worker.log');

beforeAll(async () => {
  lab = await upLab({ hosts: ['db1'] });
  cluster = await makeCluster(lab.hosts.db1, 15);
  await lab.hosts.db1.run(asPostgres(15, 'pgbench', '--initialize', '--quiet', '--scale=1', 'postgres'));
  temporal = await startTemporal();
  client = new TemporalClient({ connection: await Connection.connect({ address: temporal.address }) });
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: temporal.address,
    PGPASSAGE_INVENTORY: writeLabInventory(lab, { orders: cluster }),
  };
  const log = openSync(workerLog, 'a');
  const program = join(projectRoot(), 'lib', 'src', 'worker.js');
  worker = spawn(process.execPath, [program], { env, stdio: ['ignore', log, log] });
  closeSync(log);
});
afterAll(async () => {
  worker?.kill('SIGKILL');
  await client?.connection.close();
  await temporal?.stop();
  await lab?.down();
});

const migrate = (input: Record<string, unknown>): Promise<unknown> =>
  client.workflow.execute('stepMigration', {
    taskQueue: 'pgpassage',
    workflowId: migrationId('orders'),
    args: [{ cluster: 'orders', thresholds: { cpu: 'off', 'free-disk': 'off' }, ...input }],
  });

test('15 → 16 → 17 → 18 over SSH, under systemd, in Debian’s layout, with writers: nothing is missing, and 18 starts at boot', async () => {
  const writers = await startWriters({ connection: cluster.connection, writers: 2, intervalMs: 20 });
  for (const to of [16, 17, 18]) {
    const result = (await migrate({ to, soakAfterLast: '1s', watchEvery: '1s' }).catch((error: Error) => {
      throw new Error(`${String(error.cause ?? error)}\n${readFileSync(workerLog, 'utf8').slice(-3000)}`);
    })) as Progress;
    expect(result).toMatchObject({ outcome: 'completed', runningVersion: to });
    expect(result.phases[0].differences).toEqual([]);
  }
  await writers.stop();
  await lab.hosts.db1.powerCut();
  await lab.hosts.db1.boot();
  const sql = await connected();
  expect((await writers.verify(sql)).missing).toBe(0);
  expect((await sql.query<{ server_version: string }>('show server_version')).rows[0].server_version).toMatch(/^18\./);
  await sql.end();
  expect(await lab.hosts.db1.run(['pg_lsclusters', '--no-header'])).toMatch(/^18 +main +5432 online/m);
  expect(await lab.hosts.db1.run(['sh', '-c', 'pgrep -xc postgres || true'])).not.toBe('0\n');
}, 600_000);

/** After a boot the server takes a moment. */
async function connected(): Promise<Client> {
  for (let tries = 0; ; tries += 1) {
    const sql = new Client(cluster.connection);
    sql.on('error', () => undefined); // the next query tells
    try {
      await sql.connect();
      return sql;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

test('a host that is down at the start is named, and nothing is touched', async () => {
  await lab.hosts.db1.powerCut();
  const handle = await client.workflow.start('preflightCheck', {
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
