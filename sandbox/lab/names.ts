/**
 * Everything that a lab makes carries its number in its name, so that it can be found and removed when whoever made it
 * is gone, and two labs on one machine (PGPASSAGE_LAB=1) do not meet.
 */
export const LAB_NUMBER = Number(process.env.PGPASSAGE_LAB ?? 0);

const TAG = `pglab${LAB_NUMBER}`;

/** Directory of the lab: root file systems, keys, known_hosts. On a disk, because the hosts' data lies there. */
export const LAB_DIRECTORY = `/var/tmp/${TAG}`;

export const BRIDGE = TAG;

/** Control groups of the lab's hosts, in both trees. */
export const CGROUPS = ['systemd', 'unified'].map((tree) => `/sys/fs/cgroup/${tree}/${TAG}`);

/** The lab's own network. */
export const GATEWAY = `10.213.${LAB_NUMBER}.1`;

/** @param index of the host in the lab, from 0. */
export function addressOf(index: number): string {
  return `10.213.${LAB_NUMBER}.${11 + index}`;
}

export function networkNamespace(host: string): string {
  return `${TAG}-${host}`;
}

/** The bridge's end of a host's cable; an interface's name has at most 15 characters. */
export function cable(host: string): string {
  return `${TAG}${host}`;
}

export function isOurs(namespaceName: string): boolean {
  return namespaceName.startsWith(`${TAG}-`);
}
