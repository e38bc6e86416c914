import { withSql } from '../connection';
import { SUPPORTED_VERSIONS, type Cluster } from '../cluster';
import { runningVersions } from './world';

export interface ClusterDescription {
  host: string;
  /** Major version that serves on the configured port. */
  version: number;
  /** As the server says it: `16.14`. */
  serverVersion: string;
  /** Names of its standbys in the inventory. */
  standbys: string[];
}

/** The cluster is not in a state that a migration can begin from; the message says which and what to do. */
export class NotReady extends Error {
  override name = 'NotReady';
}

/** Which version serves. @throws NotReady when the server that answers is not the one on the configured data directory. */
export async function describe(cluster: Cluster): Promise<ClusterDescription> {
  const [row] = await withSql(cluster, {}, (sql) =>
    sql.query<{ num: string; version: string; directory: string }>(
      "select current_setting('server_version_num') as num, current_setting('server_version') as version, current_setting('data_directory') as directory",
    ),
  );
  const version = Math.floor(Number(row.num) / 10_000);
  if (!(SUPPORTED_VERSIONS as readonly number[]).includes(version)) {
    throw new NotReady(
      `${cluster.name}: PostgreSQL ${row.version} runs on port ${cluster.entry.port}; supported are ${SUPPORTED_VERSIONS.join(', ')}.`,
    );
  }
  const running = await runningVersions(cluster);
  if (running.length !== 1 || running[0] !== version) {
    throw new NotReady(
      `${cluster.name}: port ${cluster.entry.port} of ${cluster.host.name} answers as ${row.version} from ${row.directory}, but by the inventory's ` +
        `data directories ${running.length === 0 ? 'no version runs' : `${running.join(' and ')} run(s)`}. Correct dataDirectory or port in the inventory, or stop the server that should not run.`,
    );
  }
  return {
    host: cluster.host.name,
    version,
    serverVersion: row.version.split(' ')[0],
    standbys: cluster.standbys.map(({ standby }) => standby),
  };
}
