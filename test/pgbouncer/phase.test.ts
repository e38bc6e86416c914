import { join } from 'node:path';
import { run as runCommand } from '../../sandbox/command';
import { writeInventory } from '../../sandbox/inventory';
import { startPgBouncer, type SandboxPgBouncer } from '../../sandbox/pgbouncer';
import { startWriters, type Writers } from '../../sandbox/writers';
import type { Progress } from '../../src/migration/progress';
import { entryOf } from '../support/pgbouncer';
import { Stack } from '../support/stack';

let stack: Stack;
let bouncer: SandboxPgBouncer;
let writers: Writers | undefined;
beforeAll(async () => {
  stack = await Stack.start();
  await stack.server.psql('create database shop');
  bouncer = await startPgBouncer(stack.server, { databases: ['shop'] });
  await writeInventory(stack.server, 'orders', {}, { pgbouncer: [entryOf(bouncer)] });
  stack.startWorker();
});
afterAll(async () => {
  await writers?.stop();
  await bouncer?.stop();
  await stack?.stop();
});

const plan = { to: 16, soakAfterLast: 0, thresholds: { cpu: 'off', 'free-disk': 'off' } };

/** pgbench's own clients through PgBouncer until it is told to end. */
async function pgbench(seconds: number): Promise<string> {
  const { binDirectory, passwords } = stack.server;
  const where = ['--host=127.0.0.1', `--port=${bouncer.port}`, '--username=postgres', 'shop'];
  const environment = { PGPASSWORD: passwords.postgres };
  const argv = [
    join(binDirectory, 'pgbench'),
    '--no-vacuum',
    '--client=4',
    `--time=${seconds}`,
    '--rate=100',
    ...where,
  ];
  return runCommand(argv, { env: environment, timeoutMs: 400_000 });
}

test('a phase 15 → 16 under load through PgBouncer: no client transaction fails', async () => {
  const { server } = stack;
  await runCommand(
    [
      join(server.binDirectory, 'pgbench'),
      '--initialize',
      '--quiet',
      '--host=127.0.0.1',
      `--port=${server.port}`,
      '--username=postgres',
      'shop',
    ],
    {
      env: { PGPASSWORD: server.adminPassword },
    },
  );
  writers = await startWriters({
    connection: {
      ...{ host: '127.0.0.1', port: bouncer.port, user: 'postgres', password: server.adminPassword },
      ...{ database: 'shop', query_timeout: 100_000 },
    },
  });
  const handle = await stack.migrate(plan);
  await stack.until(
    handle,
    ({ phases }) => phases[0]?.steps.some(({ name }) => name === 'rehearsal') === true,
    400_000,
  );
  const benched = pgbench(90);
  const result = (await handle.result()) as Progress;
  const said = await benched;
  await writers.stop();
  const status = writers.status();

  expect(result).toMatchObject({ outcome: 'completed', runningVersion: 16 });
  expect(result.phases[0].differences).toEqual([]);
  expect(status).toMatchObject({ errors: 0, unknown: 0 });
  expect(said).toContain('number of failed transactions: 0 (0.000%)');
  expect(await bouncer.paused()).toEqual([]);
  const client = await server.connect('shop');
  expect(await writers.verify(client)).toMatchObject({ missing: 0, extra: 0 });
  await client.end();
  const outage = result.phases[0].steps.find(({ name }) => name === 'outage')!.detail;
  const processed = /number of transactions actually processed: (\d+)/.exec(said)![1];
  process.stdout.write(
    `outage ${outage}; longest wait of a client ${Math.round(status.longestMs)} ms; ` +
      `${status.acknowledged} writes and ${processed} pgbench transactions, 0 failed\n`,
  );
}, 600_000);
