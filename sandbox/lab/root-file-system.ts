import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../command';
import { LAB_DIRECTORY } from './names';

/** A host's directories below the lab's. */
export interface HostDirectories {
  /** What the host has written, over the machine's own root. */
  upper: string;
  work: string;
  /** Where both are mounted as one: the host's `/`. */
  root: string;
  /** Its data, mounted at /var/lib/postgresql. */
  data: string;
  console: string;
}

export function directoriesOf(host: string): HostDirectories {
  const own = join(LAB_DIRECTORY, host);
  return {
    upper: join(own, 'upper'),
    work: join(own, 'work'),
    root: join(own, 'root'),
    data: join(own, 'data'),
    console: join(own, 'console'),
  };
}

/** Directories of the machine that a host starts without. */
const EMPTY = [
  'tmp',
  'root',
  'home',
  'work',
  'run',
  'var/tmp',
  'var/log/postgresql',
  'var/lib/postgresql',
  'var/cache/pgpassage',
  'etc/postgresql',
  'etc/systemd/system',
];

const OS_USERS = { deploy: 'ALL=(ALL) NOPASSWD: ALL', guest: undefined } as const;

/**
 * Makes a host's `/`: an overlay over the machine's own, so that nothing has to be built, without the machine's data,
 * services and keys. It has a user `deploy` who may do everything by sudo, and `guest` who may not.
 * @param publicKey that both users and root let in.
 * @param hosts lines of /etc/hosts.
 */
export async function makeRoot(host: string, publicKey: string, hosts: string[]): Promise<void> {
  const { upper, work, root, data } = directoriesOf(host);
  await run(['mkdir', '-p', upper, work, root, data]);
  for (const name of EMPTY.filter((each) => existsSync(join('/', each)))) {
    await run(['mkdir', '-p', join(upper, name)]);
    await run(['setfattr', '-n', 'trusted.overlay.opaque', '-v', 'y', join(upper, name)]);
  }
  await run(['mount', '-t', 'overlay', '-o', `lowerdir=/,upperdir=${upper},workdir=${work}`, 'overlay', root]);
  await run(['chmod', '1777', join(root, 'tmp'), join(root, 'var/tmp')]);
  await run(['chown', '-R', 'postgres:postgres', data, join(root, 'var/log/postgresql')]);
  await writeFile(join(root, 'etc/hostname'), `${host}\n`);
  await writeFile(join(root, 'etc/hosts'), ['127.0.0.1 localhost', ...hosts, ''].join('\n'));
  await services(root);
  await users(root, publicKey);
  await sshServer(root);
}

async function services(root: string): Promise<void> {
  const units = join(root, 'etc/systemd/system');
  await mkdir(join(units, 'multi-user.target.wants'), { recursive: true });
  await symlink('/lib/systemd/system/multi-user.target', join(units, 'default.target'));
  for (const unit of ['ssh.service', 'postgresql.service'])
    await symlink(`/lib/systemd/system/${unit}`, join(units, 'multi-user.target.wants', unit));
  await writeFile(join(root, 'etc/machine-id'), '');
}

async function users(root: string, publicKey: string): Promise<void> {
  await run(['mkdir', '-p', join(root, 'root/.ssh')]);
  await writeFile(join(root, 'root/.ssh/authorized_keys'), publicKey, { mode: 0o600 });
  for (const [user, sudoers] of Object.entries(OS_USERS)) {
    await run(['chroot', root, 'useradd', '--create-home', '--shell', '/bin/bash', user]);
    if (sudoers) await writeFile(join(root, 'etc/sudoers.d', user), `${user} ${sudoers}\n`, { mode: 0o440 });
    const keys = join('/home', user, '.ssh');
    await run(['mkdir', '-p', join(root, keys)]);
    await writeFile(join(root, keys, 'authorized_keys'), publicKey, { mode: 0o600 });
    await run(['chroot', root, 'chown', '-R', `${user}:${user}`, keys]);
  }
}

async function sshServer(root: string): Promise<void> {
  await run(['sh', '-c', 'rm -f -- "$1"/etc/ssh/ssh_host_*', 'sh', root]);
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(root, 'etc/ssh/ssh_host_ed25519_key')]);
  await mkdir(join(root, 'etc/ssh/sshd_config.d'), { recursive: true });
  await rm(join(root, 'etc/ssh/sshd_not_to_be_run'), { force: true });
  await writeFile(join(root, 'etc/ssh/sshd_config.d/lab.conf'), 'UseDNS no\nMaxStartups 100\n');
}

/** Where a host's data lies: on the machine's disk, or on a file system of its own that can fill up or has reflinks. */
export interface DataDisk {
  fileSystem: 'ext4' | 'xfs';
  sizeMiB: number;
}

/** Mounts a file system of its own as the host's data directory. */
export async function mountDataDisk(host: string, { fileSystem, sizeMiB }: DataDisk): Promise<void> {
  const { data } = directoriesOf(host);
  const image = `${data}.img`;
  await run(['truncate', '--size', `${sizeMiB}M`, image]);
  await run([`mkfs.${fileSystem}`, '-q', image]);
  await run(['mount', '-o', 'loop', image, data]);
  await run(['sh', '-c', 'rmdir -- "$1/lost+found" 2>/dev/null; chown postgres:postgres -- "$1"', 'sh', data]);
}
