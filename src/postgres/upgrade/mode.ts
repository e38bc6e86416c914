import { usedBytes } from '../../hosts/files';
import type { Mode } from '../../migration/input';
import { layout, type Cluster } from '../cluster';
import { reflinks } from './world';

/** How the files are carried over, and why this way. */
export interface ChosenMode {
  mode: Mode;
  why: string;
  dataBytes: number;
}

/** Up to here a plain copy stays within the outage that people expect of a small cluster, and keeps the old directory whole. */
const COPY_UP_TO_BYTES = 8 * 1024 ** 3;

/** Chooses the mode for the file system at hand, or explains the one that was asked for. */
export async function chooseMode(
  cluster: Cluster,
  hop: { from: number; to: number },
  requested: Mode | 'auto',
): Promise<ChosenMode> {
  const { dataDirectory } = layout(cluster, hop.from);
  const dataBytes = await usedBytes(cluster.host, dataDirectory, cluster.entry.osUser);
  if (requested !== 'auto')
    return { mode: requested, why: `asked for by the plan. ${CONSEQUENCE[requested]}`, dataBytes };
  if (await reflinks(cluster, dataDirectory)) {
    return { mode: 'clone', why: `the file system shares blocks (reflinks). ${CONSEQUENCE.clone}`, dataBytes };
  }
  const size = `${(dataBytes / 1024 ** 3).toFixed(1)} GiB`;
  if (dataBytes <= COPY_UP_TO_BYTES) {
    return { mode: 'copy', why: `no reflinks here, and ${size} are copied quickly. ${CONSEQUENCE.copy}`, dataBytes };
  }
  return {
    mode: 'link',
    why: `no reflinks here, and copying ${size} would make the outage long. ${CONSEQUENCE.link}`,
    dataBytes,
  };
}

const CONSEQUENCE: Record<Mode, string> = {
  clone: 'As fast as link, and the old data directory stays whole: rolling back is one start.',
  copy: 'The outage grows with the size; the old data directory stays whole: rolling back is one start.',
  'copy-file-range':
    'The kernel copies, faster where the file system can share blocks; the old data directory stays whole.',
  link: 'The outage does not grow with the size, but once the new server runs the old directory is gone: rolling back restores the backup.',
  swap: 'The shortest outage with very many files, but the old directory is taken apart at once: any way back restores the backup.',
};
