import {
  PACKAGE_MANAGERS,
  PackagesUnavailable,
  simulateInstall,
  type PackageChanges,
  type PackageManager,
} from '../hosts/packages';
import { shellCommand } from '../hosts/quote';
import type { Packages } from '../inventory/schema';
import type { Hop } from '../migration/path';
import type { Cluster } from './cluster';
import { succeed, type RunJob } from './upgrade/jobs';

/** Installing would touch the running server, or can't be done. Nothing was touched. */
export class PackagesRefused extends Error {
  override name = 'PackagesRefused';
}

/** Where nothing is said: what PostgreSQL's own packages are called. */
const USUAL: Record<PackageManager, string[]> = {
  apt: ['postgresql-{version}'],
  dnf: ['postgresql{version}-server', 'postgresql{version}-contrib'],
};

type Source =
  { manager: PackageManager; names: string[] } | { manager: 'command'; argv: string[] } | { manager: 'present' };

/** Where a version's programs come from, with the version put in. */
export function sourceOf(packages: Packages, version: number): Source {
  const at = (texts: string[]) => texts.map((text) => text.replaceAll('{version}', String(version)));
  if (packages === 'present') return { manager: 'present' };
  if (typeof packages === 'string') return { manager: packages, names: at(USUAL[packages]) };
  if ('command' in packages) return { manager: 'command', argv: at(packages.command) };
  return 'apt' in packages ? { manager: 'apt', names: at(packages.apt) } : { manager: 'dnf', names: at(packages.dnf) };
}

/** What would be installed, and what speaks against it. */
export interface PackagesPlan {
  changes: PackageChanges;
  refusals: string[];
}

/** Asks the package manager; undefined where there is none to ask. */
export async function planPackages(cluster: Cluster, hop: Hop): Promise<PackagesPlan | undefined> {
  const source = sourceOf(cluster.packages, hop.to);
  if (source.manager === 'present' || source.manager === 'command') return undefined;
  try {
    const changes = await simulateInstall(cluster.host, source.manager, source.names);
    return { changes, refusals: refusals(changes, hop.from) };
  } catch (error) {
    if (!(error instanceof PackagesUnavailable)) throw error;
    return { changes: { install: [], upgrade: [], remove: [] }, refusals: [error.message] };
  }
}

function refusals({ upgrade, remove }: PackageChanges, running: number): string[] {
  const restarted = upgrade.filter((name) => new RegExp(`^postgresql\\D*${running}(\\D|$)`).test(name));
  return [
    ...remove.map((name) => `${name} would be removed.`),
    ...restarted.map(
      (name) => `${name} would be upgraded, and the running server restarted: do that by itself, before.`,
    ),
  ];
}

/** What a phase would install, in a sentence for the plan. */
export async function describePackages(cluster: Cluster, hop: Hop): Promise<string> {
  const source = sourceOf(cluster.packages, hop.to);
  if (source.manager === 'present') return 'none: they are installed by other means';
  if (source.manager === 'command') return `installed by ${source.argv.join(' ')}`;
  const { changes, refusals } = (await planPackages(cluster, hop))!;
  return [told(source.manager, changes), ...refusals.map((each) => `REFUSED: ${each}`)].join(' ');
}

function told(manager: string, { install, upgrade }: PackageChanges): string {
  if (install.length + upgrade.length === 0) return `${manager} has nothing to install.`;
  const also = upgrade.length > 0 ? `; and would upgrade ${upgrade.join(', ')}` : '';
  return `${manager} would install ${install.join(', ') || 'nothing new'}${also}.`;
}

/**
 * Installs the target's packages; where all is there, does nothing. No cluster is made or started by it.
 * @returns what was done, in a sentence.
 * @throws PackagesRefused before anything was touched; JobFailed when installing failed.
 */
export async function installPackages(cluster: Cluster, hop: Hop, jobId: string, run: RunJob): Promise<string> {
  const source = sourceOf(cluster.packages, hop.to);
  if (source.manager === 'present') return 'installed by other means';
  const what = `${cluster.host.name}: installing the packages of PostgreSQL ${hop.to}`;
  if (source.manager === 'command') {
    await succeed(run, what, { id: jobId, user: 'root', script: `exec ${shellCommand(source.argv)}\n` });
    return `${source.argv.join(' ')} ended well`;
  }
  const { changes, refusals } = (await planPackages(cluster, hop))!;
  if (refusals.length > 0) throw new PackagesRefused(`${what} was refused; nothing was touched. ${refusals.join(' ')}`);
  if (changes.install.length + changes.upgrade.length === 0) return 'all there already';
  await succeed(run, what, { id: jobId, user: 'root', script: installScript(source.manager, source.names) });
  return `installed ${changes.install.join(', ')}`;
}

function installScript(manager: PackageManager, names: string[]): string {
  const install = shellCommand([...PACKAGE_MANAGERS[manager].install, ...names]);
  return manager === 'apt' ? `${NO_MAIN_CLUSTER}\n${install}\n` : `exec ${install}\n`;
}

/**
 * Debian's packages make a cluster `main` of a version that is new, where pgpassage is about to make its own, and start it.
 * postgresql-common lets it be said that they should not; needrestart is kept from restarting servers of its own accord.
 */
const NO_MAIN_CLUSTER = `
export LC_ALL=C DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
directory=/etc/postgresql-common/createcluster.d
file=$directory/pgpassage.conf
mkdir -p -- "$directory" || exit 1
trap 'rm -f -- "$file"' EXIT
trap 'exit 143' HUP INT TERM
echo 'create_main_cluster = false' >"$file" || exit 1
main=/etc/postgresql-common/createcluster.conf
if [ -e "$main" ] && [ "$(pg_conftool "$main" show -bs create_main_cluster)" != off ]; then
  echo "$main does not include $directory, so that the packages would make a cluster: add create_main_cluster = false to it"
  exit 1
fi`;
