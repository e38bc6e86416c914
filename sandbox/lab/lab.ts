import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '../command';
import { parts } from '../parts';
import { boot } from './container';
import { downLab } from './down';
import { LabHost } from './host';
import { addressOf, LAB_DIRECTORY } from './names';
import { makeBridge, plugIn } from './network';
import { own, requireNoOther } from './owner';
import { requireLab } from './requirements';
import { directoriesOf, makeRoot, mountDataDisk, type DataDisk } from './root-file-system';

/** What a lab consists of. */
export interface LabOptions {
  /** Names of its hosts, at most seven: letters and digits, short. */
  hosts: string[];
  /** Hosts whose data lies on a file system of its own. */
  disks?: Record<string, DataDisk>;
}

/** Running hosts with systemd, sshd and a network of their own. */
export interface Lab {
  hosts: Record<string, LabHost>;
  /** Private key that all hosts let in, as root, `deploy` (sudo) and `guest` (no sudo). */
  keyFile: string;
  knownHosts: string;
  down(): Promise<void>;
}

const HOSTS = join(LAB_DIRECTORY, 'hosts.json');
const MOST_HOSTS = 7;
const HOST_NAME = /^[a-z][a-z0-9]{0,7}$/;

/**
 * Makes the lab anew; one that an earlier run left is removed first.
 * @throws LabImpossible with one sentence where it can't run, or while another process has a lab.
 */
export async function upLab({ hosts: names, disks = {} }: LabOptions): Promise<Lab> {
  if (names.length < 1 || names.length > MOST_HOSTS || !names.every((name) => HOST_NAME.test(name)))
    throw new Error(`A lab has 1 to ${MOST_HOSTS} hosts with short lower-case names, not: ${names.join(', ')}.`);
  await requireLab();
  requireNoOther();
  await parts(); // what is missing is said before anything is made
  await downLab();
  try {
    await run(['mkdir', '-p', LAB_DIRECTORY]);
    own();
    await makeKeys();
    await makeBridge();
    await writeFile(HOSTS, JSON.stringify(names));
    const lab = await openLab();
    await Promise.all(Object.values(lab.hosts).map((host) => makeHost(host, names, disks[host.name])));
    await writeKnownHosts(Object.values(lab.hosts));
    return lab;
  } catch (error) {
    await downLab();
    throw error;
  }
}

/** The lab that an earlier run made. @throws Error where there is none. */
export async function openLab(): Promise<Lab> {
  const names = await readFile(HOSTS, 'utf8').catch((error: Error) => {
    throw new Error('There is no lab: make one with `npm run lab -- up`.', { cause: error });
  });
  const { postgres } = await parts();
  const installations = Object.entries(postgres).map(
    ([version, bin]) => `--bind-ro=${dirname(bin)}:/usr/lib/postgresql/${version}`,
  );
  const hosts = (JSON.parse(names) as string[]).map((name, index) => {
    const data = `--bind=${directoriesOf(name).data}:/var/lib/postgresql`;
    return new LabHost(name, addressOf(index), [...installations, data]);
  });
  return { ...keys(), hosts: Object.fromEntries(hosts.map((host) => [host.name, host])), down: downLab };
}

async function makeHost(host: LabHost, names: string[], disk?: DataDisk): Promise<void> {
  const publicKey = await readFile(`${keys().keyFile}.pub`, 'utf8');
  const lines = names.map((name, index) => `${addressOf(index)} ${name}`);
  await makeRoot(host.name, publicKey, lines);
  if (disk) await mountDataDisk(host.name, disk);
  await plugIn(host.name, host.address);
  await boot(host.name, host.address, host.binds);
}

function keys(): { keyFile: string; knownHosts: string } {
  return { keyFile: join(LAB_DIRECTORY, 'id_ed25519'), knownHosts: join(LAB_DIRECTORY, 'known_hosts') };
}

async function makeKeys(): Promise<void> {
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'pgpassage lab', '-f', keys().keyFile]);
}

async function writeKnownHosts(hosts: LabHost[]): Promise<void> {
  const lines = hosts.map(async ({ name, address }) => {
    const key = await readFile(join(directoriesOf(name).root, 'etc/ssh/ssh_host_ed25519_key.pub'), 'utf8');
    return `${address} ${key.split(' ').slice(0, 2).join(' ')}\n`;
  });
  await writeFile(keys().knownHosts, (await Promise.all(lines)).join(''));
}
