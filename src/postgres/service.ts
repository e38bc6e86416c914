import { output } from '../hosts/host';
import { layout, program, type Cluster } from './cluster';
import { preamble } from './upgrade/shell';

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
  /** Start it at boot, and no longer; empty where that is nobody's business here. Both may be done again. */
  atBoot: UserCommand[];
  notAtBoot: UserCommand[];
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
      return {
        start: debian('start'),
        stop: debian('stop', '-m', 'fast'),
        ...debianBoot(cluster, version, chosen.name),
      };
    }
    case 'systemd':
      return systemd(cluster, version, chosen.unit);
  }
}

function systemd(cluster: Cluster, version: number, template: string): Service {
  const unit = template.replaceAll('{version}', String(version));
  const systemctl = (...verb: string[]) => ({ user: 'root', argv: ['systemctl', ...verb, unit] });
  const debian = /^postgresql@\{version\}-([^.]+)/.exec(template)?.[1];
  // What is written to disk is what counts at boot; a reload of the manager would only lengthen the outage.
  const disable = systemctl('--no-reload', '--quiet', 'disable');
  const boot =
    debian === undefined
      ? { atBoot: [systemctl('--no-reload', '--quiet', 'enable')], notAtBoot: [disable] }
      : debianBoot(cluster, version, debian);
  return {
    start: systemctl('start'),
    stop: systemctl('stop'),
    ...boot,
    // Debian's units need no enabling, but somebody may have done it, and start.conf would not keep such a one back.
    notAtBoot: debian === undefined ? boot.notAtBoot : [...boot.notAtBoot, disable],
  };
}

/** Debian starts what start.conf calls `auto`, systemd's generator as well as its init script. A cluster without the file is auto. */
function debianBoot(cluster: Cluster, version: number, name: string): Pick<Service, 'atBoot' | 'notAtBoot'> {
  const script =
    't=$(mktemp -- "$1/.start.XXXXXX") && echo "$2" >"$t" && chmod 0644 "$t" && sync "$t" && mv -f -- "$t" "$1/start.conf"';
  const start = (how: 'auto' | 'manual'): UserCommand[] => [
    {
      user: cluster.entry.osUser,
      argv: ['sh', '-c', script, 'sh', `${DEBIAN_CONFIGURATION}/${version}/${name}`, how],
    },
  ];
  return { atBoot: start('auto'), notAtBoot: start('manual') };
}

/** Where postgresql-common's tools look for clusters. */
const DEBIAN_CONFIGURATION = '/etc/postgresql';

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
    atBoot: [],
    notAtBoot: [],
  };
}

const SERVICE_TIMEOUT_MS = (PG_CTL_TIMEOUT_S + 30) * 1000;

/**
 * Starts one version's server and waits until it serves. What the service manager says is not believed: Debian's unit
 * takes a server that does not start for a success.
 * @throws CommandFailed with what the service manager said, or Error when there is no server afterwards.
 */
export async function startServer(cluster: Cluster, version: number): Promise<void> {
  const started = await cluster.host.run({ ...service(cluster, version).start, timeoutMs: SERVICE_TIMEOUT_MS });
  if (await ask(cluster, version, 'serves')) return;
  const said = started.stderr.trim() || started.stdout.trim();
  throw new Error(
    `${cluster.host.name}: PostgreSQL ${version} does not run after ${service(cluster, version).start.argv.join(' ')} ` +
      `(exit code ${started.exitCode}${said ? `: ${said.slice(-1000)}` : ''}). Its log, ${layout(cluster, version).logFile}, says why.`,
  );
}

/** Stops one version's server (fast). @throws CommandFailed, or Error when it still runs. */
export async function stopServer(cluster: Cluster, version: number): Promise<void> {
  const { stop } = service(cluster, version);
  await output(cluster.host, { ...stop, timeoutMs: SERVICE_TIMEOUT_MS });
  if (await ask(cluster, version, 'gone')) return;
  throw new Error(
    `${cluster.host.name}: PostgreSQL ${version} runs on after ${stop.argv.join(' ')}: it was started by other means. Stop it by those.`,
  );
}

async function ask(cluster: Cluster, version: number, question: 'serves' | 'gone'): Promise<boolean> {
  const { binDirectory, dataDirectory } = layout(cluster, version);
  const script = `${preamble(cluster.entry.osUser)}${question} "$1" "$2"`;
  const argv = ['sh', '-c', script, 'sh', binDirectory, dataDirectory];
  return (await cluster.host.run({ argv, timeoutMs: SERVICE_TIMEOUT_MS })).exitCode === 0;
}

/** Makes the service manager start `to` at boot instead of `from`, where starting at boot is its business. */
export async function handOver(cluster: Cluster, from: number, to: number): Promise<void> {
  await keepFromBoot(cluster, from);
  for (const command of service(cluster, to).atBoot) await output(cluster.host, command);
}

/** Keeps the service manager from starting one version at boot. */
export async function keepFromBoot(cluster: Cluster, version: number): Promise<void> {
  for (const command of service(cluster, version).notAtBoot) await output(cluster.host, command);
}
