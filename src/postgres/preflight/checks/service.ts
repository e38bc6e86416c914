import type { Cluster } from '../../cluster';
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

/** On its way, after a boot for one: a moment later it can be told. */
const IN_BETWEEN = ['activating', 'deactivating', 'reloading'];

async function systemd({ cluster, from, to }: PreflightContext, template: string): Promise<Found[]> {
  const [old, target] = [from, to].map(({ version }) => template.replaceAll('{version}', String(version)));
  const active = await cluster.host.run({ argv: ['systemctl', 'is-active', old], user: 'root' });
  const state = active.stdout.trim();
  if (IN_BETWEEN.includes(state)) throw new Error(`${old} is ${state} just now`);
  const known = await cluster.host.run({ argv: ['systemctl', 'cat', target], user: 'root' });
  return [
    ...(state === 'active' ? await stoppable(cluster, old) : [startedOtherwise(old, state || active.stderr.trim())]),
    ...(known.exitCode === 0 ? [] : [unknownUnit(target, known.stderr.trim())]),
  ];
}

async function stoppable({ host }: Cluster, unit: string): Promise<Found[]> {
  const can = await host.run({ argv: ['systemctl', 'show', '--property=CanStop', '--value', unit] });
  if (can.stdout.trim() !== 'no') return [];
  return [
    blocker(
      unit,
      'systemd would refuse to stop it by hand (RefuseManualStop)',
      'Remove RefuseManualStop from the unit or its drop-ins (systemctl cat), then systemctl daemon-reload.',
    ),
  ];
}

function startedOtherwise(unit: string, said: string): Found {
  return blocker(
    unit,
    `systemd says "${said.slice(0, 300)}" of it, and the server runs: it was started by other means, and systemd would not stop it`,
    'Stop the server as it was started and start it by systemctl; or correct service in the inventory, or let the connection use sudo -n systemctl.',
  );
}

function unknownUnit(unit: string, said: string): Found {
  return blocker(
    unit,
    `systemd does not know it: ${said.slice(0, 300)}`,
    "Install the target's packages, or correct service.unit in the inventory.",
  );
}
