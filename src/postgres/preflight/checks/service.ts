import { posix } from 'node:path';
import type { Layout } from '../../cluster';
import type { Check, Found, PreflightContext } from '../check';

export const serviceManager: Check = {
  name: 'service-manager',
  title: 'The service manager of the inventory runs the server, knows the target, and may be used',
  mechanism: 'host: systemctl, pg_ctlcluster, or the log directory',
  async run(context) {
    switch (context.cluster.entry.service.manager) {
      case 'pg_ctl':
        return (await Promise.all([context.from, context.to].map((paths) => logFile(context, paths)))).flat();
      case 'pg_ctlcluster':
        return debian(context);
      case 'systemd':
        return systemd(context, context.cluster.entry.service.unit);
    }
  },
};

const blocker = (object: string, seen: string, action: string): Found => ({
  ...{ severity: 'blocker', effect: 'breaks later', object },
  ...{ seen, action },
});

/** pg_ctl appends the server's output there, as the OS user. */
async function logFile({ cluster }: PreflightContext, paths: Layout): Promise<Found[]> {
  const script = 'if [ -e "$1" ]; then test -w "$1"; else test -w "$2"; fi';
  const argv = ['sh', '-c', script, 'sh', paths.logFile, posix.dirname(paths.logFile)];
  if ((await cluster.host.run({ argv, user: cluster.entry.osUser })).exitCode === 0) return [];
  return [
    blocker(
      paths.logFile,
      `${cluster.entry.osUser} can't write to it, and pg_ctl would not start PostgreSQL ${paths.version}`,
      'Make its directory, owned by the OS user, or correct logFile in the inventory.',
    ),
  ];
}

async function debian({ cluster, from }: PreflightContext): Promise<Found[]> {
  const result = await cluster.host.run({ argv: ['pg_lsclusters', '--no-header'], user: 'root' });
  if (result.exitCode !== 0) {
    const action = 'Install postgresql-common and let the connection use sudo -n, or name another service manager.';
    return [blocker('pg_lsclusters', `it can't be run as root: ${result.stderr.trim()}`, action)];
  }
  const { service } = cluster.entry;
  const name = service.manager === 'pg_ctlcluster' ? service.name : 'main';
  const known = result.stdout
    .split('\n')
    .some((line) => line.startsWith(`${from.version} `) && line.split(/\s+/)[1] === name);
  return known
    ? []
    : [
        blocker(
          `${from.version}/${name}`,
          'pg_lsclusters does not know the cluster',
          'Correct service.name in the inventory.',
        ),
      ];
}

async function systemd({ cluster, from, to }: PreflightContext, template: string): Promise<Found[]> {
  const unit = (version: number) => template.replaceAll('{version}', String(version));
  const systemctl = (...argv: string[]) => cluster.host.run({ argv: ['systemctl', ...argv], user: 'root' });
  const active = await systemctl('is-active', unit(from.version));
  const target = await systemctl('cat', unit(to.version));
  return [
    ...(active.stdout.trim() === 'active'
      ? []
      : [
          blocker(
            unit(from.version),
            `systemd says "${(active.stdout.trim() || active.stderr.trim()).slice(0, 300)}" of it, and the server runs: it was started by other means, and systemd would not stop it`,
            'Stop the server as it was started and start it by systemctl; or correct service in the inventory, or let the connection use sudo -n systemctl.',
          ),
        ]),
    ...(target.exitCode === 0
      ? []
      : [
          blocker(
            unit(to.version),
            `systemd does not know it: ${target.stderr.trim().slice(0, 300)}`,
            "Install the target's packages, or correct service.unit in the inventory.",
          ),
        ]),
  ];
}
