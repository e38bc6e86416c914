import { exists } from '../../hosts/files';
import { output, type Host } from '../../hosts/host';
import { layout, program, SUPPORTED_VERSIONS, type Cluster, type Layout } from '../cluster';

/** What stands in one version's data directory. */
export interface DataDirectory {
  version: number;
  exists: boolean;
  /** pg_controldata's cluster state, such as `in production` or `shut down`; undefined where there is no pg_control. */
  state?: string;
  systemIdentifier?: string;
  /** pg_upgrade --link renamed pg_control to pg_control.old: the files belong to a newer version by now. */
  handedOver: boolean;
  running: boolean;
}

/** Looks at one version's data directory on the host. */
export async function lookAt(cluster: Cluster, version: number): Promise<DataDirectory> {
  const paths = layout(cluster, version);
  const as = { user: cluster.entry.osUser };
  const made = await exists(cluster.host, `${paths.dataDirectory}/PG_VERSION`, as.user);
  if (!made) return { version, exists: false, handedOver: false, running: false };
  const control = await controlData(cluster.host, paths, cluster.entry.osUser);
  const handedOver = !control && (await exists(cluster.host, `${paths.dataDirectory}/global/pg_control.old`, as.user));
  const status = await cluster.host.run({
    argv: [program(paths, 'pg_ctl'), '-D', paths.dataDirectory, 'status'],
    ...as,
  });
  return {
    version,
    exists: true,
    state: control?.['Database cluster state'],
    systemIdentifier: control?.['Database system identifier'],
    handedOver,
    running: status.exitCode === 0,
  };
}

/** The versions whose server runs on its configured data directory; more than one means that someone started an old one. */
export async function runningVersions(cluster: Cluster): Promise<number[]> {
  const directories = await Promise.all(SUPPORTED_VERSIONS.map((version) => lookAt(cluster, version)));
  return directories.filter((directory) => directory.running).map((directory) => directory.version);
}

/** pg_control's fields by label, or undefined where there is none to read. */
export async function controlData(
  host: Host,
  paths: Layout,
  user: string,
): Promise<Record<string, string> | undefined> {
  const result = await host.run({
    argv: [program(paths, 'pg_controldata'), '-D', paths.dataDirectory],
    user,
    env: { LC_ALL: 'C' },
  });
  if (result.exitCode !== 0) return undefined;
  return Object.fromEntries(
    result.stdout.split('\n').flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()]];
    }),
  );
}

/** Whether files of this directory can share their blocks until one is written to (XFS, btrfs). */
export async function reflinks(cluster: Cluster, directory: string): Promise<boolean> {
  // Tried, not looked up: file system, mount options and kernel all have a say.
  const script =
    't=$(mktemp -d -- "$1/.reflink.XXXXXX") && echo x >"$t/a" && cp --reflink=always "$t/a" "$t/b" 2>/dev/null; r=$?; rm -rf -- "$t"; [ $r = 0 ] && echo yes || echo no';
  const text = await output(cluster.host, { argv: ['sh', '-c', script, 'sh', directory], user: cluster.entry.osUser });
  return text.trim() === 'yes';
}
