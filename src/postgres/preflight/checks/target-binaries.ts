import { output } from '../../../hosts/host';
import type { Layout } from '../../cluster';
import type { Check, CheckContext, Found } from '../check';

/** What a phase runs of the target version, and of the old one. */
const TARGET_PROGRAMS = [
  ...['postgres', 'initdb', 'pg_ctl', 'pg_controldata', 'pg_resetwal', 'pg_upgrade', 'pg_dump', 'pg_dumpall'],
  ...['pg_restore', 'psql', 'vacuumdb', 'pg_basebackup', 'pg_verifybackup'],
];
const OLD_PROGRAMS = ['postgres', 'pg_ctl', 'pg_controldata', 'pg_resetwal', 'pg_basebackup', 'pg_verifybackup'];

export const targetBinaries: Check = {
  name: 'target-binaries',
  title: 'Every program that the phase runs is there, runs as the OS user and has the right version',
  mechanism: 'host: each program is run',
  async run(context) {
    const target = await programs(context, context.to, TARGET_PROGRAMS);
    return [...target, ...(await programs(context, context.from, OLD_PROGRAMS))];
  },
};

/** Programs that do not run or are of another version. */
export async function programs(
  { cluster }: Pick<CheckContext, 'cluster'>,
  paths: Layout,
  names: string[],
): Promise<Found[]> {
  const script = 'd=$1; shift; for p; do printf "%s\\t" "$p"; "$d/$p" --version 2>&1 | head -n 1; done';
  const argv = ['sh', '-c', script, 'sh', paths.binDirectory, ...names];
  const text = await output(cluster.host, { argv, user: cluster.entry.osUser });
  return text
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [name, said = ''] = line.split('\t');
      return new RegExp(`\\(PostgreSQL\\) ${paths.version}\\.`).test(said) ? [] : [broken(paths, name, said)];
    });
}

function broken(paths: Layout, name: string, said: string): Found {
  return {
    severity: 'blocker',
    effect: 'ends the upgrade',
    object: `${paths.binDirectory}/${name}`,
    version: paths.version,
    seen: said === '' ? 'it printed nothing when asked for its version' : `asked for its version, it said "${said}"`,
    action:
      `Install PostgreSQL ${paths.version} completely (Debian: postgresql-${paths.version}; RHEL: postgresql${paths.version}-server ` +
      'and -contrib), readable by the OS user, or correct binDirectory in the inventory.',
  };
}
