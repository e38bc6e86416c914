import { output } from '../../../hosts/host';
import type { Check, Found } from '../check';

/** Files that a running primary does not need, and what they would do at its next start, which may be pg_upgrade's. */
const LEFTOVERS: Record<string, Pick<Found, 'severity' | 'effect' | 'seen' | 'action'>> = {
  'global/pg_control.old': {
    severity: 'warning',
    effect: 'none',
    seen: 'pg_upgrade --link renames pg_control to this: the directory was handed over to a newer version once, and then put back',
    action: 'Make sure that its files are its own (pg_amcheck, or a verified backup), then remove it.',
  },
  backup_label: {
    severity: 'blocker',
    effect: 'ends the upgrade',
    seen: 'at its next start the server would take itself for a restored backup and begin recovery from where that says',
    action: 'See that no backup is running that puts it there, then move it away.',
  },
  tablespace_map: {
    severity: 'blocker',
    effect: 'ends the upgrade',
    seen: 'at its next start the server would make the symbolic links of its tablespaces anew from it',
    action: 'Move it away; it belongs into a backup.',
  },
  'standby.signal': {
    severity: 'blocker',
    effect: 'ends the upgrade',
    seen: 'at its next start the server would be a standby, and pg_upgrade would not get a writable one',
    action: 'Move it away, if this really is the primary.',
  },
  'recovery.signal': {
    severity: 'blocker',
    effect: 'ends the upgrade',
    seen: 'at its next start the server would begin a recovery from the archive',
    action: 'Move it away, if no recovery is meant.',
  },
};

export const oldClusterClean: Check = {
  name: 'old-cluster-clean',
  title: 'Nothing in the old data directory makes its next start something else than a start',
  mechanism: 'host: files in the data directory',
  async run({ cluster, from }) {
    const script = 'cd -- "$1" && shift && for f; do if [ -e "$f" ]; then printf "%s\\n" "$f"; fi; done';
    const argv = ['sh', '-c', script, 'sh', from.dataDirectory, ...Object.keys(LEFTOVERS)];
    const there = (await output(cluster.host, { argv, user: cluster.entry.osUser })).split('\n').filter(Boolean);
    return there.map((file) => ({ ...LEFTOVERS[file], object: `${from.dataDirectory}/${file}` }));
  },
};
