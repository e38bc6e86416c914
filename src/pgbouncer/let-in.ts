import { output } from '../hosts/host';
import { layout, type Cluster } from '../postgres/cluster';
import { preamble } from '../postgres/upgrade/shell';
import { resumePaused } from './databases';

/**
 * Lets clients in again whatever held them back, by what is seen on the host and at the PgBouncers: the outage job does so
 * itself, and this is for one that was killed in its middle.
 * @param from the version that was drained.
 * @returns what was still paused.
 */
export async function letIn(cluster: Cluster, from: number): Promise<string[]> {
  const paths = layout(cluster, from);
  const script = `${preamble(cluster.entry.osUser)}writable_again "$1" "$2"`;
  await output(cluster.host, { argv: ['sh', '-c', script, 'sh', paths.binDirectory, paths.dataDirectory] });
  return resumePaused(cluster, paths);
}
