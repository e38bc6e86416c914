import { writeBackupFile } from '../backup-directory';
import { exists, makeDirectory, removeTree } from '../../hosts/files';
import { output } from '../../hosts/host';
import { initdbArguments, readClusterProperties } from '../init-target';
import { prepareConfiguration } from '../configuration/prepare';
import type { SettingChange } from '../configuration/translation';
import { layout, program, type Cluster } from '../cluster';
import { withSql } from '../connection';
import { keepFromBoot } from '../service';
import { type PhaseRecord } from './phase-files';

/** Written before initdb begins: a target directory that is there afterwards is this phase's own, whole or half. */
const STARTED = 'target-started';
const READY = 'target-ready';
/** For the servers that pg_upgrade starts itself, behind a socket directory that only the OS user enters. */
export const UPGRADE_HBA = 'upgrade_hba.conf';

/** A directory stands where the target would be made, and it is not this phase's. */
export class TargetTaken extends Error {
  override name = 'TargetTaken';
}

/**
 * Makes the target's data directory as the old cluster's properties want it, with the translated configuration.
 * @returns what changed in the configuration, setting by setting.
 * @throws TargetTaken when something else is there; it is left as it is.
 */
export async function prepareTarget(
  cluster: Cluster,
  directory: string,
  hop: { from: number; to: number },
  settings: Readonly<Record<string, string>>,
): Promise<SettingChange[]> {
  const [from, to] = [layout(cluster, hop.from), layout(cluster, hop.to)];
  const { host, entry } = cluster;
  if (!(await exists(host, `${directory}/${READY}`, entry.osUser))) {
    await clearOwnTarget(cluster, directory, to.dataDirectory);
    await writeBackupFile(cluster, directory, STARTED, `${to.dataDirectory}\n`);
    await makeDirectory(host, to.dataDirectory, entry.osUser);
    const properties = await withSql(cluster, {}, readClusterProperties);
    const argv = [program(to, 'initdb'), `--pgdata=${to.dataDirectory}`, ...initdbArguments(properties, hop.to)];
    await output(host, { argv, user: entry.osUser, timeoutMs: 5 * 60_000 });
    await writeBackupFile(cluster, directory, UPGRADE_HBA, 'local all all trust\n');
    await writeBackupFile(cluster, directory, READY, '');
  }
  // With a configuration of its own it would otherwise be started beside the old server by the next reboot.
  await makeDirectory(
    host,
    to.configDirectory,
    entry.osUser,
    to.configDirectory === to.dataDirectory ? '0700' : '0755',
  );
  await keepFromBoot(cluster, hop.to);
  return prepareConfiguration(cluster, from, to, settings);
}

async function clearOwnTarget(cluster: Cluster, directory: string, target: string): Promise<void> {
  const { host, entry } = cluster;
  const content = await host.run({ argv: ['ls', '-A', '--', target], user: entry.osUser });
  if (content.exitCode !== 0 || content.stdout.trim() === '') return;
  if (!(await exists(host, `${directory}/${STARTED}`, entry.osUser))) {
    throw new TargetTaken(
      `${host.name}: ${target} is not empty and was not made by this migration. It is left untouched. ` +
        'Move it away if nobody needs it, then start again.',
    );
  }
  await removeTree(host, target, entry.osUser);
}

/**
 * Removes a target that never served, what it left in the tablespaces, and its markers: the compensation of prepareTarget.
 * Not for a target that took files over by link or swap and was started; rollback.sh sets such a one aside.
 */
export async function discardTarget(
  cluster: Cluster,
  directory: string,
  record: Pick<PhaseRecord, 'to' | 'tablespaces'>,
): Promise<void> {
  const { host, entry } = cluster;
  if (!(await exists(host, `${directory}/${STARTED}`, entry.osUser))) return;
  await removeTree(host, layout(cluster, record.to).dataDirectory, entry.osUser);
  for (const { location } of record.tablespaces) {
    // pg_upgrade refuses to run again while the new version's directory is in a tablespace. The pre-flight made sure that none was there before.
    const script = 'for d in "$1"/PG_"$2"_*; do case $d in *.rolled-back-*|*"*") ;; *) rm -rf -- "$d";; esac; done';
    await output(host, { argv: ['sh', '-c', script, 'sh', location, String(record.to)], user: entry.osUser });
  }
  for (const marker of [READY, STARTED]) await removeTree(host, `${directory}/${marker}`, entry.osUser);
}
