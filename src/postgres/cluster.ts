import type { Host } from '../hosts/host';
import type { ClusterEntry, Packages } from '../inventory/schema';

/** Where one major version of a cluster lives on its host. */
export interface Layout {
  version: number;
  binDirectory: string;
  dataDirectory: string;
  /** Where postgresql.conf, pg_hba.conf and pg_ident.conf are; the data directory itself unless the distribution splits them. */
  configDirectory: string;
  logFile: string;
}

/** A cluster of the inventory on its primary's host. */
export interface Cluster {
  readonly name: string;
  readonly host: Host;
  readonly entry: ClusterEntry;
  /** Where the programs of a version come from on the primary's host. */
  readonly packages: Packages;
  /** The admin's password resolved at use; undefined where none is configured. */
  password(): string | undefined;
  /** Its physical standbys as the inventory names them. */
  readonly standbys: readonly Standby[];
}

/** A physical standby: the same cluster at another place, so that all that works on one server works on it. */
export interface Standby extends Cluster {
  /** Its own name in the inventory; `name` has the cluster's before it. */
  readonly standby: string;
}

export { SUPPORTED_VERSIONS } from './versions';

/** Paths of one major version of the cluster. */
export function layout(cluster: Cluster, version: number): Layout {
  const at = (template: string) => template.replaceAll('{version}', String(version));
  const { entry } = cluster;
  return {
    version,
    binDirectory: at(entry.binDirectory),
    dataDirectory: at(entry.dataDirectory),
    configDirectory: at(entry.configDirectory ?? entry.dataDirectory),
    logFile: at(entry.logFile),
  };
}

/** The path of one of PostgreSQL's programs in that version. */
export function program(paths: Layout, name: string): string {
  return `${paths.binDirectory}/${name}`;
}

/** A directory of pgpassage's own for this cluster on its host: jobs, scratch servers, rehearsals. */
export function workDirectory(cluster: Cluster): string {
  return `${cluster.host.workDirectory}/${cluster.name}`;
}
