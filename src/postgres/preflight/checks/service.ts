import type { Check, Found, PreflightContext } from '../check';

export const serviceManager: Check = {
  name: 'service-manager',
  title: 'The service manager of the inventory runs the server, knows the target, and may be used',
  mechanism: 'host: systemctl or pg_lsclusters',
  async run(context) {
    switch (context.cluster.entry.service.manager) {
      case 'pg_ctl':
        return []; // it knows nothing of servers; log-file looks at what it needs
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

const IN_BETWEEN = ['activating', 'deactivating', 'reloading'];

async function systemd({ cluster, from, to }: PreflightContext, template: string): Promise<Found[]> {
  const unit = (version: number) => template.replaceAll('{version}', String(version));
  const systemctl = (...argv: string[]) => cluster.host.run({ argv: ['systemctl', ...argv], user: 'root' });
  const active = await systemctl('is-active', unit(from.version));
  const target = await systemctl('cat', unit(to.version));
  const state = active.stdout.trim();
  // It is on its way, after a boot for one: a moment later it can be told.
  if (IN_BETWEEN.includes(state)) throw new Error(`${unit(from.version)} is ${state} just now`);
  return [
    ...(state === 'active'
      ? []
      : [
          blocker(
            unit(from.version),
            `systemd says "${(state || active.stderr.trim()).slice(0, 300)}" of it, and the server runs: it was started by other means, and systemd would not stop it`,
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
