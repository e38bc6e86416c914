import { exists } from '../../hosts/files';
import type { SettingChange } from '../configuration/translation';
import type { Cluster, Standby } from '../cluster';
import { withSql } from '../connection';
import { discardTarget, prepareTarget } from '../upgrade/target';
import { lookAtStandby } from './look';
import { standbyRollbackScript } from './roll-back-script';
import {
  makeStandbyDirectory,
  readStandbyRecord,
  STANDBY_FILES,
  standbyDirectory,
  writeStandbyFile,
  type StandbyRecord,
} from './standby-files';

/** A standby whose value is below its primary's stops replaying: the documentation of hot standby names these. */
const NOT_BELOW_PRIMARY = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
];

/**
 * Makes everything that a rebuild needs and that takes no outage, while the old standby still serves: its record and
 * rollback.sh, and at the new version's place a directory with its own configuration, translated and verified. The
 * rebuild puts the base backup's data into its place.
 * @returns what changed in the standby's configuration.
 */
export async function prepareStandby(
  cluster: Cluster,
  standby: Standby,
  phaseDirectory: string,
  hop: { from: number; to: number },
  settings: Readonly<Record<string, string>>,
): Promise<SettingChange[]> {
  const directory = await makeStandbyDirectory(standby, phaseDirectory);
  const { osUser } = standby.entry;
  if (!(await exists(standby.host, `${directory}/${STANDBY_FILES.record}`, osUser))) {
    const record = await describe(cluster, standby, hop);
    const script = standbyRollbackScript(standby, directory, record);
    await writeStandbyFile(standby, phaseDirectory, STANDBY_FILES.rollback, script, '0700');
    await writeStandbyFile(standby, phaseDirectory, STANDBY_FILES.record, JSON.stringify(record, null, 2));
  }
  const raised = await belowPrimary(cluster, standby, settings);
  return prepareTarget(standby, directory, hop, { ...settings, ...raised });
}

async function describe(cluster: Cluster, standby: Standby, hop: { from: number; to: number }): Promise<StandbyRecord> {
  const { systemIdentifier, applicationName, slot } = await lookAtStandby(standby);
  const tablespaces = await withSql(standby, {}, (sql) =>
    sql.query<{ oid: string; location: string }>(
      "select oid::text as oid, pg_tablespace_location(oid) as location from pg_tablespace where pg_tablespace_location(oid) <> ''",
    ),
  );
  const names = { cluster: cluster.name, standby: standby.standby, from: hop.from, to: hop.to };
  return { ...names, systemIdentifier, applicationName, slot, tablespaces };
}

/** Settings in which the standby would be below what its primary will have, with the primary's values. */
async function belowPrimary(
  cluster: Cluster,
  standby: Standby,
  settings: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const [primary, own] = [await limits(cluster), await limits(standby)];
  const wanted = (name: string) => Number(settings[name] ?? primary.get(name));
  const low = NOT_BELOW_PRIMARY.filter((name) => Number(settings[name] ?? own.get(name)) < wanted(name));
  return Object.fromEntries(low.map((name) => [name, String(wanted(name))]));
}

async function limits(server: Cluster): Promise<Map<string, string>> {
  const rows = await withSql(server, {}, (sql) =>
    sql.query<{ name: string; setting: string }>('select name, setting from pg_settings where name = any($1)', [
      NOT_BELOW_PRIMARY,
    ]),
  );
  return new Map(rows.map(({ name, setting }) => [name, setting]));
}

/** Compensation of prepareStandby: removes the prepared directory; the old standby was not touched. */
export async function discardStandby(standby: Standby, phaseDirectory: string): Promise<void> {
  const directory = standbyDirectory(standby, phaseDirectory);
  if (!(await exists(standby.host, `${directory}/${STANDBY_FILES.record}`, standby.entry.osUser))) return;
  await discardTarget(standby, directory, await readStandbyRecord(standby, phaseDirectory));
}
