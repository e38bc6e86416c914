import type { PhaseRef } from '../../src/migration/phase';
import { keepWal } from '../../src/postgres/upgrade/backup';
import { openPhase } from '../../src/postgres/upgrade/open-phase';
import { prepareTarget } from '../../src/postgres/upgrade/target';
import { CLUSTER, type Stage } from '../stage';

const MIGRATION = 'outage';

/** What pgpassage does before an outage and each contender needs: the others upgrade into the same target. */
export async function prepareUpgrade(stage: Stage): Promise<void> {
  const cluster = stage.clusters.get(CLUSTER);
  const { directory, from, to } = phaseOf(stage);
  const startedAt = new Date().toISOString();
  const record = await openPhase(cluster, directory, { from, to, mode: 'link', migration: MIGRATION, startedAt });
  await keepWal(cluster, record.slot);
  await prepareTarget(cluster, directory, { from, to }, {});
}

/** The upgrade, as pgpassage's activities are told of it. */
export function phaseOf({ clusters, options: { from, to } }: Stage): PhaseRef {
  const directory = `${clusters.get(CLUSTER).entry.backupDirectory}/upgrade_${from}_to_${to}`;
  return { cluster: CLUSTER, migration: MIGRATION, directory, from, to };
}
