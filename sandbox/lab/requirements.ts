import { accessSync, constants } from 'node:fs';
import { tryRun } from '../command';

/** Programs that the lab runs, and the Debian package that brings each. */
const PROGRAMS: Record<string, string> = {
  'systemd-nspawn': 'systemd-container',
  sshd: 'openssh-server',
  ip: 'iproute2',
  setfattr: 'attr',
  sudo: 'sudo',
  'mkfs.ext4': 'e2fsprogs',
  'mkfs.xfs': 'xfsprogs',
  pg_createcluster: 'postgresql-common',
  nsenter: 'util-linux',
};

/** The lab can't run here; the sentence says why and what to do. */
export class LabImpossible extends Error {
  override name = 'LabImpossible';
}

/** @throws LabImpossible unless this machine can run hosts. */
export async function requireLab(): Promise<void> {
  if (process.platform !== 'linux')
    throw new LabImpossible('The lab needs Linux: its hosts are systemd-nspawn containers.');
  if (process.getuid?.() !== 0)
    throw new LabImpossible('The lab needs root: it mounts file systems and makes network namespaces.');
  const missing = [];
  for (const [program, debianPackage] of Object.entries(PROGRAMS)) {
    const { code } = await tryRun(['sh', '-c', 'PATH=$PATH:/usr/sbin:/sbin command -v "$1"', 'sh', program]);
    if (code !== 0) missing.push(`${program} (package ${debianPackage})`);
  }
  if (missing.length > 0) throw new LabImpossible(`The lab needs ${missing.join(', ')}: install them with apt.`);
  try {
    accessSync('/sys/fs/cgroup/systemd', constants.W_OK);
  } catch (error) {
    throw new LabImpossible('The lab needs the control group tree /sys/fs/cgroup/systemd, writable.', { cause: error });
  }
}
