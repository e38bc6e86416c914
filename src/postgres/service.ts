import { output } from '../hosts/host';
import { layout, program, type Cluster } from './cluster';

/** A command and the OS user that it is for. */
export interface UserCommand {
  user: string;
  argv: readonly string[];
}

/** How one version of a cluster is started and stopped by its service manager. */
export interface Service {
  start: UserCommand;
  /** A fast stop: sessions end, a shutdown checkpoint is written. */
  stop: UserCommand;
  /** Start at boot, and no longer; absent where the service manager leaves that to others. */
  enable?: UserCommand;
  disable?: UserCommand;
}

/** Seconds that a start or stop may take before pg_ctl gives up waiting; a stop writes all dirty buffers. */
const PG_CTL_TIMEOUT_S = 600;

/** The service of one version, by the inventory's service manager. */
export function service(cluster: Cluster, version: number): Service {
  const chosen = cluster.entry.service;
  switch (chosen.manager) {
    case 'pg_ctl':
      return pgCtl(cluster, version);
    case 'pg_ctlcluster': {
      const debian = (...rest: string[]) => ({
        user: 'root',
        argv: ['pg_ctlcluster', String(version), chosen.name, ...rest],
      });
      return { start: debian('start'), stop: debian('stop', '-m', 'fast') };
    }
    case 'systemd': {
      const systemctl = (verb: string) => ({
        user: 'root',
        argv: ['systemctl', verb, chosen.unit.replaceAll('{version}', String(version))],
      });
      return {
        start: systemctl('start'),
        stop: systemctl('stop'),
        enable: systemctl('enable'),
        disable: systemctl('disable'),
      };
    }
  }
}

function pgCtl(cluster: Cluster, version: number): Service {
  const paths = layout(cluster, version);
  const base = [program(paths, 'pg_ctl'), '-D', paths.dataDirectory, '-w', '-s', '-t', String(PG_CTL_TIMEOUT_S)];
  const options =
    paths.configDirectory === paths.dataDirectory
      ? []
      : ['-o', `-c config_file=${paths.configDirectory}/postgresql.conf`];
  const user = cluster.entry.osUser;
  return {
    start: { user, argv: [...base, '-l', paths.logFile, ...options, 'start'] },
    stop: { user, argv: [...base, '-m', 'fast', 'stop'] },
  };
}

const SERVICE_TIMEOUT_MS = (PG_CTL_TIMEOUT_S + 30) * 1000;

/** Starts one version's server and waits until it serves. @throws CommandFailed with what the service manager said. */
export async function startServer(cluster: Cluster, version: number): Promise<void> {
  await output(cluster.host, { ...service(cluster, version).start, timeoutMs: SERVICE_TIMEOUT_MS });
}

/** Stops one version's server (fast). @throws CommandFailed */
export async function stopServer(cluster: Cluster, version: number): Promise<void> {
  await output(cluster.host, { ...service(cluster, version).stop, timeoutMs: SERVICE_TIMEOUT_MS });
}

/** Makes the service manager start `to` at boot instead of `from`, where starting at boot is its business. */
export async function handOver(cluster: Cluster, from: number, to: number): Promise<void> {
  for (const command of [service(cluster, from).disable, service(cluster, to).enable]) {
    if (command) await output(cluster.host, command);
  }
}
