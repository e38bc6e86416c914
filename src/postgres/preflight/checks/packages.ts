import { planPackages } from '../../packages';
import type { Check, Found } from '../check';

export const packages: Check = {
  name: 'packages',
  title: "Installing the target's packages leaves the running server alone",
  mechanism: 'host: apt-get --simulate or dnf --assumeno, as the inventory says',
  async run({ cluster, from, to }) {
    const plan = await planPackages(cluster, { from: from.version, to: to.version });
    if (!plan) return [];
    const { install, upgrade } = plan.changes;
    const notice: Found = {
      ...{ severity: 'notice', effect: 'none', object: `packages of PostgreSQL ${to.version}`, version: to.version },
      seen: `the phase's first step installs ${[...install, ...upgrade].join(', ')}`,
      action: 'Nothing. Before that, checks that need its programs can not look.',
    };
    return [
      ...(install.length + upgrade.length > 0 ? [notice] : []),
      ...plan.refusals.map((seen): Found => ({
        ...{ severity: 'blocker', effect: 'ends the upgrade', object: `packages of PostgreSQL ${to.version}` },
        ...{ version: to.version, seen },
        action: 'Correct packages in the inventory or the repositories of the host, or install them by hand.',
      })),
    ];
  },
};
