import { exists, makeDirectory, readFile, writeFile } from '../hosts/files';
import { output } from '../hosts/host';
import type { Cluster } from './cluster';

/** Makes a directory below the cluster's backup directory, closed to all but the cluster's OS user. */
export async function makeBackupDirectory(cluster: Cluster, directory: string): Promise<void> {
  await makeDirectory(cluster.host, cluster.entry.backupDirectory, cluster.entry.osUser);
  await makeDirectory(cluster.host, directory, cluster.entry.osUser);
}

/** Writes one file of it whole. */
export async function writeBackupFile(
  cluster: Cluster,
  directory: string,
  name: string,
  content: string,
  mode = '0600',
): Promise<void> {
  await writeFile(cluster.host, `${directory}/${name}`, content, { user: cluster.entry.osUser, mode });
}

/** Reads one file of it. @throws CommandFailed when it is not there. */
export function readBackupFile(cluster: Cluster, directory: string, name: string): Promise<string> {
  return readFile(cluster.host, `${directory}/${name}`, cluster.entry.osUser);
}

/** Reads a JSON file of it. @throws CommandFailed when it is not there. */
export async function readBackupJson<T>(cluster: Cluster, directory: string, name: string): Promise<T> {
  return JSON.parse(await readBackupFile(cluster, directory, name)) as T;
}

export function hasBackupFile(cluster: Cluster, directory: string, name: string): Promise<boolean> {
  return exists(cluster.host, `${directory}/${name}`, cluster.entry.osUser);
}

/** A directory whose record says what it can take back. */
export interface Held<R> {
  directory: string;
  record: R;
}

/** Which directories are meant: by their names, the file with the record, and files that have to be there or not. */
export interface HeldBy {
  names: 'upgrade_*' | '*_upgrade_*';
  record: string;
  there: string;
  notThere?: readonly string[];
}

// One round trip however many there are; the directories are closed to all but the cluster's OS user.
const LIST = String.raw`
cd "$1" 2>/dev/null || exit 0
names=$2 record=$3 there=$4; shift 4
for d in $names; do
  [ -e "$d/$record" ] && [ -e "$d/$there" ] || continue
  for not; do [ ! -e "$d/$not" ] || continue 2; done
  printf '%s\t' "$d"; tr -d '\n' <"$d/$record"; echo
done`;

/** The cluster's own directories with their records, oldest first. The host decides, not a history. */
export async function heldDirectories<R extends { cluster: string; startedAt: string }>(
  cluster: Cluster,
  { names, record, there, notThere = [] }: HeldBy,
): Promise<Held<R>[]> {
  const root = cluster.entry.backupDirectory;
  const argv = ['sh', '-c', LIST, 'sh', root, names, record, there, ...notThere];
  const text = await output(cluster.host, { argv, user: cluster.entry.osUser });
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({
      directory: `${root}/${line.slice(0, line.indexOf('\t'))}`,
      record: JSON.parse(line.slice(line.indexOf('\t') + 1)) as R,
    }))
    .filter((held) => held.record.cluster === cluster.name)
    .sort((a, b) => a.record.startedAt.localeCompare(b.record.startedAt));
}
