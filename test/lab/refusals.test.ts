import { WorkflowFailedError } from '@temporalio/client';
import type { LabHost } from '../../sandbox/lab/host';
import { LabStack } from '../support/lab-stack';

let stack: LabStack;
let host: LabHost;
beforeAll(async () => {
  stack = await LabStack.start({ hosts: ['db1'], version: 15, disks: { db1: { fileSystem: 'ext4', sizeMiB: 1_500 } } });
  host = stack.cluster.host;
});
afterAll(() => stack?.stop());

/** All that a migration could have made or changed on the host. */
const world = () =>
  host.run([
    'sh',
    '-c',
    'pg_lsclusters --no-header; ls -A /etc/postgresql /var/lib/postgresql /var/lib/postgresql/15; cat /etc/postgresql/15/main/start.conf',
  ]);

/** What a migration to 16 says that ends before it touches anything. */
async function refused(): Promise<string> {
  const before = await world();
  const handle = await stack.migrate({ to: 16, soakAfterLast: '1s', rehearse: false });
  const error = (await handle.result().catch((failure: unknown) => failure)) as WorkflowFailedError;
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect(await world()).toBe(before);
  const sql = await stack.connect();
  expect((await sql.query('select count(*)::int as n from pgbench_accounts')).rows).toEqual([{ n: 100_000 }]);
  await sql.end();
  return error.cause!.message;
}

test('a disk that is too small is named with its host’s path, what is needed and what is free', async () => {
  const fill = 'fallocate --length "$(($(df --output=avail --block-size=1M "$1" | tail -n 1) - 64))M" "$1/filler"';
  await host.run(['sh', '-c', fill, 'sh', '/var/lib/postgresql']);
  const said = await refused();
  await host.run(['rm', '/var/lib/postgresql/filler']);
  expect(said).toMatch(/nothing was touched/);
  expect(said).toMatch(/disk-space: \/var\/lib\/postgresql\S*:? .*free/s);
});

test('a service that systemd would not stop is named, before the outage', async () => {
  const directory = '/etc/systemd/system/postgresql@15-main.service.d';
  await host.run(['mkdir', '-p', directory]);
  await host.run(['sh', '-c', 'cat >"$1"', 'sh', `${directory}/stop.conf`], '[Unit]\nRefuseManualStop=yes\n');
  await host.run(['systemctl', 'daemon-reload']);
  const said = await refused();
  await host.run(['rm', '-r', directory]);
  await host.run(['systemctl', 'daemon-reload']);
  expect(said).toMatch(/service-manager: postgresql@15-main: systemd would refuse to stop it by hand/);
});

test('once what was named is mended, the same migration goes through', async () => {
  const result = await stack.result(await stack.migrate({ to: 16, soakAfterLast: '1s', rehearse: false }));
  expect(result).toMatchObject({ outcome: 'completed', runningVersion: 16 });
});
