import { CommandFailed, type Host } from './host';

/** What a package manager would do, as it says itself: names with versions. */
export interface PackageChanges {
  install: string[];
  /** Packages that are there in another version. */
  upgrade: string[];
  remove: string[];
}

/** A name that no repository has, or another reason why nothing can be installed. The message is the package manager's. */
export class PackagesUnavailable extends Error {
  override name = 'PackagesUnavailable';
}

export const PACKAGE_MANAGERS = {
  apt: {
    /** Never upgrades what is there by that name, removes nothing, and waits ten minutes for another apt to end. */
    install: ['apt-get', 'install', '--yes', '--no-upgrade', '--no-remove', '-o', 'DPkg::Lock::Timeout=600', '--'],
    simulate: ['apt-get', 'install', '--simulate', '--no-upgrade', '--'],
    parse: parseApt,
    simulated: (exitCode: number) => exitCode === 0,
  },
  dnf: {
    install: ['dnf', 'install', '--assumeyes', '--'],
    simulate: ['dnf', 'install', '--assumeno', '--'],
    parse: parseDnf,
    // It answers its own question with no, and calls that a failure.
    simulated: (exitCode: number, said: string) => exitCode === 0 || /^Operation aborted/m.test(said),
  },
} as const;

export type PackageManager = keyof typeof PACKAGE_MANAGERS;

/** Asks the package manager what installing these would do. @throws PackagesUnavailable, or CommandFailed where it can't be run. */
export async function simulateInstall(
  host: Host,
  manager: PackageManager,
  names: readonly string[],
): Promise<PackageChanges> {
  const { simulate, parse, simulated } = PACKAGE_MANAGERS[manager];
  // By `env`, because sudo would drop the command's own environment.
  const argv = ['env', 'LC_ALL=C', ...simulate, ...names];
  const result = await host.run({ argv, user: 'root', timeoutMs: 5 * 60_000 });
  const said = `${result.stdout}\n${result.stderr}`;
  if (simulated(result.exitCode, said)) return parse(result.stdout);
  if (result.exitCode === 127) throw new CommandFailed(host.name, argv, result);
  const last = (result.stderr.trim() || result.stdout.trim()).slice(-1000);
  throw new PackagesUnavailable(`${host.name}: ${[...simulate, ...names].join(' ')} said: ${last}`);
}

/** `Inst NAME (NEW …)`, `Inst NAME [OLD] (NEW …)`, `Remv NAME [OLD]`: apt-get's own words for a simulation. */
export function parseApt(text: string): PackageChanges {
  const changes: PackageChanges = { install: [], upgrade: [], remove: [] };
  for (const [, verb, name, old, version] of text.matchAll(/^(Inst|Remv) (\S+)(?: \[([^\]]*)\])?(?: \((\S+))?/gm)) {
    if (verb === 'Remv') changes.remove.push(`${name} ${old}`);
    else if (old === undefined) changes.install.push(`${name} ${version}`);
    else changes.upgrade.push(`${name} ${old} → ${version}`);
  }
  return changes;
}

const DNF_SECTIONS: [RegExp, keyof PackageChanges][] = [
  [/^Installing/, 'install'],
  [/^(Upgrading|Downgrading|Reinstalling)/, 'upgrade'],
  [/^Removing/, 'remove'],
];

/** dnf's table of a transaction: sections such as `Installing dependencies:`, rows of name, architecture, version, repository, size. */
export function parseDnf(text: string): PackageChanges {
  const changes: PackageChanges = { install: [], upgrade: [], remove: [] };
  let section: keyof PackageChanges | undefined;
  let pending: string[] = [];
  for (const line of text.split('\n')) {
    if (/^Transaction Summary/.test(line)) break;
    if (/^\S.*:$/.test(line)) section = DNF_SECTIONS.find(([head]) => head.test(line))?.[1];
    if (!section || !/^\s+\S/.test(line)) continue;
    // A long name has a line to itself; "replacing …" is a remark on the row above.
    if (/^\s+replacing /.test(line)) continue;
    pending.push(...line.trim().split(/\s+/));
    if (pending.length < 3) continue;
    changes[section].push(`${pending[0]} ${pending[2]}`);
    pending = [];
  }
  return changes;
}
