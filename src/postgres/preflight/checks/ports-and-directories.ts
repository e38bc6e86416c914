import { output } from '../../../hosts/host';
import type { Check, CheckContext, Found, PreflightContext } from '../check';

export const portsAndDirectories: Check = {
  name: 'ports-and-directories',
  title:
    "The target's directory is free, the configuration is where the inventory says, and the port is the cluster's own",
  mechanism: 'host: directories, /proc; catalog: config_file',
  async run(context) {
    return [...(await targetDirectory(context)), ...(await configuration(context)), ...(await otherListeners(context))];
  },
};

/** Whether the target's data directory is free. */
export async function targetDirectory({ cluster, to, targetPrepared }: CheckContext): Promise<Found[]> {
  if (targetPrepared) return [];
  const script =
    'if [ -e "$1" ]; then if [ -d "$1" ]; then ls -A -- "$1" | head -n 1; else echo "(no directory)"; fi; fi';
  const argv = ['sh', '-c', script, 'sh', to.dataDirectory];
  const first = (await output(cluster.host, { argv, user: cluster.entry.osUser })).trim();
  if (first === '') return [];
  return [
    {
      ...{ severity: 'blocker', effect: 'ends the upgrade', object: to.dataDirectory, version: to.version },
      seen: `it is there and not empty (${first}, …), and not of this migration's making`,
      action:
        `See whose it is. Debian's packages make an empty cluster when they are installed: pg_dropcluster --stop ${to.version} main. ` +
        'Move away anything that somebody may need.',
    },
  ];
}

/** Whether the running server reads the configuration that the inventory says. */
export async function configuration(context: CheckContext): Promise<Found[]> {
  const { cluster, from } = context;
  const [{ file }] = await context.sql(undefined, (sql) =>
    sql.query<{ file: string }>(`select current_setting('config_file') as file`),
  );
  const argv = ['realpath', '-m', '--', file, `${from.configDirectory}/postgresql.conf`];
  const [running, listed] = (await output(cluster.host, { argv, user: cluster.entry.osUser })).trim().split('\n');
  if (running === listed) return [];
  return [
    {
      ...{ severity: 'blocker', effect: 'breaks later', object: from.configDirectory },
      seen: `the running server reads ${running}, not ${listed}: another configuration would be carried over`,
      action: 'Correct configDirectory in the inventory.',
    },
  ];
}

/** Sockets that listen on the cluster's port and are not the running server's. */
async function otherListeners({ cluster, from }: PreflightContext): Promise<Found[]> {
  const { port, osUser } = cluster.entry;
  const script =
    'for f in /proc/net/tcp /proc/net/tcp6; do if [ -r "$f" ]; then cat "$f"; fi; done; echo "--"; ls -l "/proc/$(head -n 1 -- "$1/postmaster.pid")/fd"';
  const text = await output(cluster.host, { argv: ['sh', '-c', script, 'sh', from.dataDirectory], user: osUser });
  const [table, descriptors] = text.split('--\n');
  const own = new Set([...descriptors.matchAll(/socket:\[(\d+)\]/g)].map(([, inode]) => inode));
  return listeners(table, port)
    .filter(({ inode }) => !own.has(inode))
    .map(({ address, uid }) => ({
      ...{ severity: 'blocker', effect: 'breaks later', object: `port ${port}`, judgement: true },
      seen: `another process (of user ID ${uid}) listens on it too, at ${address}; the new server may not get the port when listen_addresses reaches there`,
      action: `Find it with: ss -ltnp 'sport = :${port}', and give it another port, or keep listen_addresses away from it.`,
    }));
}

/** Listening sockets of a port in the format of /proc/net/tcp. */
export function listeners(table: string, port: number): { address: string; uid: string; inode: string }[] {
  const LISTEN = '0A';
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [address, hexPort] = (fields[1] ?? '').split(':');
    if (fields[3] !== LISTEN || parseInt(hexPort, 16) !== port) return [];
    return [{ address: readable(address), uid: fields[7], inode: fields[9] }];
  });
}

/** IPv4 in the byte order of the kernel; IPv6 is rare enough here to be left as it is. */
function readable(hex: string): string {
  if (hex.length !== 8) return `[${hex}]`;
  return (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => parseInt(byte, 16))
    .join('.');
}
