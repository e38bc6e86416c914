import { posix } from 'node:path';
import { makeDirectory, readFile, writeFile } from '../../hosts/files';
import type { Cluster, Standby } from '../cluster';

/** What is known of one standby in one phase, kept on its own host. No secret stands in it. */
export interface StandbyRecord {
  cluster: string;
  standby: string;
  from: number;
  to: number;
  systemIdentifier: string;
  /** The name that the primary shows it by. */
  applicationName: string;
  /** Its physical replication slot on the primary. */
  slot?: string;
  /** Where its tablespaces are on its own host. */
  tablespaces: { oid: string; location: string }[];
}

/** Names of what a phase leaves on a standby's host. */
export const STANDBY_FILES = {
  record: 'standby.json',
  rollback: 'rollback.sh',
  /** The base backup of that version is whole and has its configuration; only renames are left. */
  built: (version: number) => `built-${version}`,
} as const;

/** The phase's directory for this standby, on the standby's host. */
export function standbyDirectory(standby: Standby, phaseDirectory: string): string {
  return `${standby.entry.backupDirectory}/${posix.basename(phaseDirectory)}/standbys/${standby.standby}`;
}

/** Makes it with its parents, each closed to all but the OS user. */
export async function makeStandbyDirectory(standby: Standby, phaseDirectory: string): Promise<string> {
  const directory = standbyDirectory(standby, phaseDirectory);
  const parents = [posix.dirname(posix.dirname(posix.dirname(directory))), posix.dirname(posix.dirname(directory))];
  for (const path of [...parents, posix.dirname(directory), directory]) {
    await makeDirectory(standby.host, path, standby.entry.osUser);
  }
  return directory;
}

/** @throws CommandFailed when the phase has none of this standby. */
export async function readStandbyRecord(standby: Standby, phaseDirectory: string): Promise<StandbyRecord> {
  const path = `${standbyDirectory(standby, phaseDirectory)}/${STANDBY_FILES.record}`;
  return JSON.parse(await readFile(standby.host, path, standby.entry.osUser)) as StandbyRecord;
}

/** Writes one of the phase's files on the standby's host whole. */
export async function writeStandbyFile(
  standby: Standby,
  phaseDirectory: string,
  name: string,
  content: string,
  mode = '0600',
): Promise<void> {
  const path = `${standbyDirectory(standby, phaseDirectory)}/${name}`;
  await writeFile(standby.host, path, content, { user: standby.entry.osUser, mode });
}

/** The inventory no longer has a standby that a phase was begun with. */
export class UnknownStandby extends Error {
  override name = 'UnknownStandby';
}

/** A standby by its name in the inventory. @throws UnknownStandby */
export function standbyNamed(cluster: Cluster, name: string): Standby {
  const standby = cluster.standbys.find((each) => each.standby === name);
  if (standby) return standby;
  const known = cluster.standbys.map((each) => each.standby).join(', ') || 'none';
  throw new UnknownStandby(`${cluster.name}: the inventory has no standby "${name}" of it. It has: ${known}.`);
}
