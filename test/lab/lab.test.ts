import { existsSync, readFileSync } from 'node:fs';
import { run } from '../../sandbox/command';
import { processesOf } from '../../sandbox/lab/container';
import { upLab, type Lab } from '../../sandbox/lab/lab';
import { BRIDGE, CGROUPS, isOurs, LAB_DIRECTORY } from '../../sandbox/lab/names';
import { HostRefused, HostUnreachable } from '../../src/hosts/host';
import { closeConnections } from '../../src/hosts/ssh/connection';
import { SshHost } from '../../src/hosts/ssh-host';

let lab: Lab;
beforeAll(async () => {
  lab = await upLab({ hosts: ['db1', 'db2'], disks: { db2: { fileSystem: 'xfs', sizeMiB: 400 } } });
});
afterAll(async () => {
  await closeConnections();
  await lab.down();
});

const login = (host: string, user = 'deploy', more: Record<string, unknown> = {}): SshHost => {
  const { name, address } = lab.hosts[host];
  const key = { reference: lab.keyFile, read: () => readFileSync(lab.keyFile, 'utf8') };
  return new SshHost({ name, address, port: 22, user, key, knownHosts: lab.knownHosts, ...more }, '/tmp');
};
const said = async (host: SshHost, argv: string[], user?: string) => (await host.run({ argv, user })).stdout.trim();

test('hosts run systemd and sshd, with PostgreSQL where Debian has it', async () => {
  for (const name of ['db1', 'db2']) {
    const host = login(name);
    expect(await said(host, ['hostname'])).toBe(name);
    expect(await said(host, ['systemctl', 'is-system-running'])).toBe('running');
    expect(await said(host, ['id', '-un'], 'postgres')).toBe('postgres');
    expect(await said(host, ['/usr/lib/postgresql/17/bin/postgres', '--version'])).toMatch(/ 17\./);
  }
  expect(await said(login('db2'), ['df', '--output=fstype', '/var/lib/postgresql'])).toContain('xfs');
});

test('a user who may not sudo is refused with the host’s name', async () => {
  const refused = login('db1', 'guest').run({ argv: ['id'], user: 'postgres' });
  await expect(refused).rejects.toBeInstanceOf(HostRefused);
  await expect(refused).rejects.toThrow(/^db1: guest may not run as postgres by sudo without a password/);
});

test('a host that is not known is refused', async () => {
  const stranger = login('db1', 'deploy', { knownHosts: '/dev/null' });
  await expect(stranger.run({ argv: ['id'] })).rejects.toThrow(/db1.*SHA256:/s);
});

test('a power cut ends everything; after booting the host answers again', async () => {
  const host = login('db1');
  await host.run({ argv: ['touch', '/var/tmp/before'] });
  await lab.hosts.db1.powerCut();
  await expect(host.run({ argv: ['id'] })).rejects.toBeInstanceOf(HostUnreachable);
  await lab.hosts.db1.boot();
  expect(await said(host, ['ls', '/var/tmp/before'])).toBe('/var/tmp/before');
});

test('a cable that is out for a while is waited for', async () => {
  const host = login('db2');
  await said(host, ['id']);
  await lab.hosts.db2.cutNetwork();
  const asked = said(host, ['hostname']);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await lab.hosts.db2.restoreNetwork();
  expect(await asked).toBe('db2');
});

test('nothing is left when it is taken down, also by somebody else', async () => {
  await closeConnections();
  await run(['node', '-e', `require('./lib/sandbox/lab/down').downLab()`], { cwd: process.cwd() });
  expect(await processesOf()).toEqual([]);
  expect(existsSync(LAB_DIRECTORY)).toBe(false);
  expect((await run(['ip', 'netns', 'list'])).split('\n').filter(isOurs)).toEqual([]);
  expect(await run(['ip', '-brief', 'link'])).not.toContain(BRIDGE);
  expect(CGROUPS.filter(existsSync)).toEqual([]);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(LAB_DIRECTORY);
});
