import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { forgetJob, inspectJob, runJob, startJob } from '../../src/hosts/durable-job';
import { SshHost } from '../../src/hosts/ssh-host';
import { closeConnections } from '../../src/hosts/ssh/connection';
import { CommandFailed, HostUnreachable } from '../../src/hosts/host';
import { serverUser } from '../../sandbox/os-user';
import { Sshd } from '../support/sshd';
import { until } from '../support/until';

const work = `/tmp/pgp-ssh-${process.pid}`;
let sshd: Sshd;
let host: SshHost;
beforeAll(async () => {
  sshd = await Sshd.start();
  host = new SshHost(sshd.settings(), work);
});
afterAll(async () => {
  await closeConnections();
  sshd.stop();
  rmSync(work, { recursive: true, force: true });
});

test('input, output, errors and the exit code are the command’s own, whatever its words contain', async () => {
  const words = ['a b', "it's", '$HOME', '`id`', 'ü\n', '', '!x', '\\'];
  const argv = ['sh', '-c', 'cat; printf "<%s>" "$@"; echo complaint >&2; exit 7', 'sh', ...words];
  expect(await host.run({ argv, input: 'given\n' })).toEqual({
    exitCode: 7,
    stdout: `given\n${words.map((word) => `<${word}>`).join('')}`,
    stderr: 'complaint\n',
  });
});

test('environment and user hold for the command', async () => {
  const argv = ['sh', '-c', 'echo "$(id -un) $A $(pwd)"'];
  const user = serverUser().name;
  expect((await host.run({ argv, user, env: { A: 'b c' } })).stdout).toBe(`${user} b c /\n`);
});

test('30 commands at once go over one connection', async () => {
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, n) => host.run({ argv: ['sh', '-c', `sleep 0.2; echo ${n}`] })),
  );
  expect(results.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 30 }, (_, n) => n));
  expect(sshd.sessions()).toHaveLength(1);
});

test('large input and output pass whole', async () => {
  const input = 'x'.repeat(5_000_000);
  expect((await host.run({ argv: ['cat'], input })).stdout).toHaveLength(input.length);
});

test('more output than a worker can hold is a failure', async () => {
  await expect(host.run({ argv: ['head', '-c', '70000000', '/dev/zero'] })).rejects.toThrow('printed more than');
});

test('a command that takes too long is ended on the host', async () => {
  const began = performance.now();
  const argv = ['sh', '-c', 'sleep 63; true'];
  await expect(host.run({ argv, timeoutMs: 500 })).rejects.toThrow(CommandFailed);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect((await host.run({ argv: ['pgrep', '-x', '-f', 'sleep 63'] })).exitCode).toBe(1);
});

test('a cut connection fails what runs over it, and the next command connects anew', async () => {
  const running = host.run({ argv: ['sleep', '30'] });
  setTimeout(() => sshd.cut(), 300);
  const lost = await running.catch((error: Error) => error);
  expect(lost).toBeInstanceOf(HostUnreachable);
  expect((lost as Error).message).toMatch(/^db1: the SSH connection to \[127.0.0.1\]:\d+ was lost during sleep 30/);
  expect((await host.run({ argv: ['echo', 'again'] })).stdout).toBe('again\n');
});

test('a job goes on when its connection is cut, and is attached to again', async () => {
  const job = { id: 'cut', script: 'echo begun; sleep 3; echo ended' };
  await startJob(host, job);
  await until(async () => (await inspectJob(host, job)).state === 'running');
  const asking = host.run({ argv: ['sleep', '30'] });
  setTimeout(() => sshd.cut(), 100);
  await expect(asking).rejects.toThrow('durable jobs go on there');
  expect((await inspectJob(host, job)).state).toBe('running');
  expect(await runJob(host, job)).toEqual({ state: 'finished', exitCode: 0, output: 'begun\nended\n' });
  await forgetJob(host, job);
});

test('a forwarded connection goes to the host’s own ports and sockets, and a closed port is named', async () => {
  const stream = await host.open({ address: '127.0.0.1', port: sshd.port });
  const [greeting] = (await once(stream, 'data')) as [Buffer];
  expect(greeting.toString()).toMatch(/^SSH-2.0-/);
  stream.end();
  await expect(host.open({ path: '/nowhere/.s.PGSQL.5432' })).rejects.toThrow(
    'db1: /nowhere/.s.PGSQL.5432 does not answer as seen from the host',
  );
  await expect(host.open({ address: '127.0.0.1', port: 1 })).rejects.toThrow('db1: 127.0.0.1:1 does not answer');
});

test('a forwarded connection closes when its server goes, so that nobody waits for an answer for ever', async () => {
  const server = createServer((socket) => socket.end('bye')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stream = await host.open({ address: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const closed = once(stream, 'close');
  stream.resume();
  await closed;
  expect(stream.writableEnded).toBe(true);
  server.close();
});

test('a connection lost under a forwarded one tells its reason there', async () => {
  const stream = await host.open({ address: '127.0.0.1', port: sshd.port });
  const failed = once(stream, 'error');
  stream.resume();
  sshd.cut();
  expect(((await failed.catch((error: Error) => [error])) as Error[])[0].message).toMatch(
    /was lost during a connection/,
  );
});

test('a peer that falls silent is noticed within some 15 s', async () => {
  await host.run({ argv: ['true'] });
  const silent = sshd.sessions();
  for (const pid of silent) process.kill(pid, 'SIGSTOP');
  const began = performance.now();
  await expect(host.run({ argv: ['true'] })).rejects.toThrow('was lost during true (Keepalive timeout)');
  expect(performance.now() - began).toBeLessThan(20_000);
  for (const pid of silent) process.kill(pid, 'SIGKILL');
  expect((await host.run({ argv: ['echo', 'again'] })).stdout).toBe('again\n');
});
