import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { HostRefused, HostUnreachable } from '../../src/hosts/host';
import { runJob } from '../../src/hosts/durable-job';
import { SshHost } from '../../src/hosts/ssh-host';
import { closeConnections } from '../../src/hosts/ssh/connection';
import type { SshSettings } from '../../src/hosts/ssh/settings';
import { freePort } from '../../sandbox/free-port';
import { knownHostsLine, Sshd } from '../support/sshd';
import { NormalUser } from '../support/normal-user';
import { onlyAsRoot } from '../support/only-where';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await Sshd.start();
});
afterAll(async () => {
  await closeConnections();
  Sshd.stopAll();
});

async function failure(settings: Partial<SshSettings>): Promise<Error> {
  const host = new SshHost(sshd.settings(settings), '/tmp/nowhere');
  return host.run({ argv: ['true'] }).then(
    () => new Error('it was let in'),
    (error: Error) => error,
  );
}

test('an unknown host key is refused with host, fingerprint and file', async () => {
  const error = await failure({ knownHosts: '/nowhere/known_hosts' });
  expect(error).toBeInstanceOf(HostRefused);
  expect(error.message).toMatch(
    /^db1: the host key ssh-ed25519 SHA256:\S{43} of \[127.0.0.1\]:\d+ is not in \/nowhere\/known_hosts/,
  );
});

test('a changed host key is refused with the line of the known one', async () => {
  const knownHosts = `${sshd.directory}/changed`;
  writeFileSync(knownHosts, `# keys\n${knownHostsLine(sshd.port, `${sshd.directory}/stranger.pub`)}`);
  const error = await failure({ knownHosts });
  expect(error).toBeInstanceOf(HostRefused);
  expect(error.message).toMatch(/is not the one in line 2 of .*changed \(ssh-ed25519 SHA256:/);
});

test('a revoked host key is refused although it is known', async () => {
  const knownHosts = `${sshd.directory}/revoked`;
  const line = knownHostsLine(sshd.port, `${sshd.directory}/host.pub`);
  writeFileSync(knownHosts, `${line}@revoked ${line}`);
  expect((await failure({ knownHosts })).message).toMatch(/is revoked in .*revoked/);
});

test('a key that the host does not take is named by its reference', async () => {
  const error = await failure({ key: sshd.key('stranger') });
  expect(error).toBeInstanceOf(HostRefused);
  expect(error.message).toContain(`takes not the key file:${sshd.directory}/stranger for user ${userInfo().username}`);
});

test('a file that is no key, and an agent that is not there, are named', async () => {
  const key = { reference: 'file:/etc/hostname', read: () => readFileSync('/etc/hostname', 'utf8') };
  expect((await failure({ key })).message).toContain("db1: the key file:/etc/hostname can't be used");
  const agent = process.env.SSH_AUTH_SOCK;
  delete process.env.SSH_AUTH_SOCK;
  expect((await failure({ key: 'agent' })).message).toContain('SSH_AUTH_SOCK is not set');
  if (agent) process.env.SSH_AUTH_SOCK = agent;
});

test('a host that is down is told as such, and used once it is up', async () => {
  const port = await freePort();
  const error = await failure({ port });
  expect(error).toBeInstanceOf(HostUnreachable);
  expect(error.message).toMatch(/^db1: \[127.0.0.1\]:\d+ can't be reached by SSH: .*ECONNREFUSED.*Nothing was touched/);
  const late = await Sshd.start([`Port ${port}`]);
  const host = new SshHost({ ...late.settings(), port, knownHosts: `${late.directory}/late` }, '/tmp/nowhere');
  writeFileSync(`${late.directory}/late`, knownHostsLine(port, `${late.directory}/host.pub`));
  expect((await host.run({ argv: ['echo', 'up'] })).stdout).toBe('up\n');
});

test('a host behind another is reached through it', async () => {
  const bastion = await Sshd.start();
  const jump = bastion.settings({ name: 'bastion' });
  const host = new SshHost(sshd.settings({ jump }), '/tmp/nowhere');
  expect((await host.run({ argv: ['echo', 'through'] })).stdout).toBe('through\n');
  expect(bastion.sessions()).toHaveLength(1);
  const running = host.run({ argv: ['sleep', '30'] });
  setTimeout(() => bastion.cut(), 200);
  await expect(running).rejects.toThrow('db1: the SSH connection to');
  expect((await host.run({ argv: ['echo', 'again'] })).stdout).toBe('again\n');
});

test('a host that takes fewer sessions at once is not asked for more', async () => {
  const strict = await Sshd.start(['MaxSessions 2']);
  const host = new SshHost(strict.settings(), '/tmp/nowhere');
  const all = Array.from({ length: 12 }, (_, n) => host.run({ argv: ['sh', '-c', `sleep 0.1; echo ${n}`] }));
  expect((await Promise.all(all)).map(({ stdout }) => Number(stdout))).toEqual([...Array(12).keys()]);
  expect(strict.sessions()).toHaveLength(1);
});

test('an agent’s key lets in', async () => {
  const socket = `${sshd.directory}/agent`;
  const pid = /SSH_AGENT_PID=(\d+)/.exec(execFileSync('ssh-agent', ['-s', '-a', socket], { encoding: 'utf8' }))![1];
  const before = process.env.SSH_AUTH_SOCK;
  process.env.SSH_AUTH_SOCK = socket;
  try {
    const env = { ...process.env, SSH_AUTH_SOCK: socket };
    execFileSync('ssh-add', ['-q', `${sshd.directory}/client`], { env });
    const host = new SshHost(sshd.settings({ key: 'agent' }), '/tmp/nowhere');
    expect((await host.run({ argv: ['id', '-un'] })).stdout).toBe(`${userInfo().username}\n`);
  } finally {
    process.kill(Number(pid));
    if (before === undefined) delete process.env.SSH_AUTH_SOCK;
    else process.env.SSH_AUTH_SOCK = before;
  }
});

onlyAsRoot('Root alone can add a user and write to sudoers.').describe('a normal user', () => {
  let user: NormalUser;
  let host: SshHost;
  beforeAll(() => {
    user = NormalUser.add();
    host = new SshHost(sshd.settings({ user: user.name }), `/tmp/${user.name}`);
  });
  afterAll(async () => {
    await closeConnections();
    user.remove();
    rmSync(`/tmp/${user.name}`, { recursive: true, force: true });
  });

  test('without sudoers lines is refused with what sudo said, and runs commands of its own', async () => {
    expect((await host.run({ argv: ['id', '-un'] })).stdout).toBe(`${user.name}\n`);
    const error = await host.run({ argv: ['id', '-un'], user: 'postgres' }).catch((caught: Error) => caught);
    expect(error).toBeInstanceOf(HostRefused);
    expect((error as Error).message).toMatch(
      new RegExp(`^db1: ${user.name} may not run as postgres by sudo without a password: id -un \\(sudo: `),
    );
  });

  test('with them runs commands and jobs as others, with their environment', async () => {
    user.maySudo('postgres');
    const argv = ['sh', '-c', 'echo "$(id -un) $A"'];
    expect((await host.run({ argv, user: 'postgres', env: { A: 'b' } })).stdout).toBe('postgres b\n');
    await expect(host.run({ argv: ['sleep', '64'], user: 'postgres', timeoutMs: 300 })).rejects.toThrow('SIGKILL');
    expect((await host.run({ argv: ['pgrep', '-x', '-f', 'sleep 64'] })).exitCode).toBe(1);
    await host.run({ argv: ['mkdir', '-p', '-m', '1777', `/tmp/${user.name}`] });
    await host.run({ argv: ['mkdir', '-m', '1777', `/tmp/${user.name}/jobs`] });
    const end = await runJob(host, { id: 'sudo', user: 'postgres', script: 'id -un' });
    expect(end).toEqual({ state: 'finished', exitCode: 0, output: 'postgres\n' });
  });

  test('the exit code of a command by sudo is no refusal', async () => {
    expect((await host.run({ argv: ['test', '-e', '/nowhere'], user: 'postgres' })).exitCode).toBe(1);
  });
});
