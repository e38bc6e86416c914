import { makeDirectory, removeTree } from '../../hosts/files';
import { output, type CommandResult, type Host } from '../../hosts/host';
import { program, workDirectory, type Cluster, type Layout } from '../cluster';
import { quote } from './conf-file';
import { putText } from './host-files';

/** An empty data directory of the target's, made to ask the target's programs and thrown away afterwards. */
export interface ScratchCluster {
  /** Empty but for `data`: room for files to try. */
  directory: string;
  dataDirectory: string;
  /**
   * Runs one statement, on one line, in single-user mode: no port, no other process. Resolves whatever the exit code. Only
   * `settings` are set, not what a configuration in the data directory says. One at a time.
   */
  single(statement: string, settings?: Readonly<Record<string, string>>): Promise<CommandResult>;
}

/** A worker that was killed leaves its directory behind; nothing needs one for longer than this. */
const STALE_MINUTES = 24 * 60;

/** Makes a scratch cluster with the target's initdb, does `work`, and removes it whatever happens. Takes about a second. */
export async function withScratchCluster<T>(
  cluster: Cluster,
  target: Layout,
  work: (scratch: ScratchCluster) => Promise<T>,
): Promise<T> {
  const { host, entry } = cluster;
  const user = entry.osUser;
  const parent = workDirectory(cluster);
  await makeDirectory(host, parent, user);
  await removeStale(host, parent, user);
  const made = await output(host, { argv: ['mktemp', '-d', '--', `${parent}/configuration.XXXXXX`], user });
  const directory = made.trim();
  const dataDirectory = `${directory}/data`;
  try {
    const options = ['--no-sync', '--auth=reject', '--encoding=UTF8', '--no-locale', '--no-instructions'];
    await output(host, { argv: [program(target, 'initdb'), '--pgdata', dataDirectory, ...options], user });
    const single: ScratchCluster['single'] = async (statement, settings = {}) => {
      // By file and not by argument: libraries' settings may hold secrets, and everyone can read a process list.
      const lines = Object.entries({ ...CHEAP, ...settings }).map(([name, value]) => `${name} = ${quote(value)}\n`);
      const configFile = `${directory}/single.conf`;
      await putText(host, user, configFile, { content: lines.join(''), encoding: 'utf8', mode: '0600' });
      const argv = [
        program(target, 'postgres'),
        '--single',
        '-D',
        dataDirectory,
        '-c',
        `config_file=${configFile}`,
        'template1',
      ];
      return host.run({ argv, user, input: `${statement}\n`, env: { LC_ALL: 'C' } });
    };
    return await work({ directory, dataDirectory, single });
  } finally {
    await removeTree(host, directory, user);
  }
}

// The machine's memory belongs to the server that serves.
const CHEAP = { fsync: 'off', shared_buffers: '1MB', huge_pages: 'off', log_destination: 'stderr' };

async function removeStale(host: Host, parent: string, user: string): Promise<void> {
  const find = ['find', parent, '-maxdepth', '1', '-name', 'configuration.*', '-mmin', `+${STALE_MINUTES}`];
  await output(host, { argv: [...find, '-exec', 'rm', '-rf', '--', '{}', '+'], user });
}
