import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { lossOf } from '../../migration/ledger';
import type { PhaseProgress } from '../../migration/progress';
import { activity } from './activities';
import { afterOutage } from './after-outage';
import {
  backUp,
  checkClients,
  choose,
  evidenceBefore,
  installPackages,
  maintenanceWindow,
  openPhase,
  prepare,
  preflight,
  rehearse,
} from './before-outage';
import { RollbackAsked, type Migration } from './migration';
import { phaseRun, type OpenedPhase } from './phase-run';
import { rollBackPhase } from './roll-back';
import { sample } from './sample';
import { watchMemory, type WatchMemory } from './soak-watch';
import { phaseStandbys, prepareStandbys, rebuildRetained, withoutRetained } from './standbys';
import { together } from './together';

/**
 * One upgrade phase.
 *
 *  1. install the target's packages, where the inventory says how
 *  2. rebuild the standby that the phase before retained, so that it is there for this one; choose how the files are carried
 *     over, and with it the rollback ledger
 *  3. pre-flight: every check; blockers end the phase, nothing was touched
 *  4. open the phase's directory: record, rollback.sh
 *  5. evidence before
 *  6. base backup, verified; from here the server keeps its WAL. Beside it the target: initdb, configuration, for each
 *     standby its own
 *  7. rehearse on a clone of the backup
 *  8. see whether clients can be held back for as long, then wait for the maintenance window
 *  9. the outage, one job on the host: clients held back, stop, pg_upgrade, start, clients let in
 * 10. put back what pg_upgrade forgot, statistics, extensions, standbys rebuilt, evidence after, comparison
 *
 * Until the outage has ended well everything is undone by itself when something fails. Afterwards the new server serves
 * and nothing is: steps that fail are tried again at the gate, and the operator decides.
 */
export async function runPhase(migration: Migration, phase: PhaseProgress): Promise<WatchMemory> {
  const run = phaseRun(migration, phase);
  phase.state = 'running';
  phase.startedAt = Date.now();
  try {
    await installPackages(run);
    await rebuildRetained(run);
    await choose(run);
    await preflight(run);
    const opened = await openPhase(run);
    await evidenceBefore(opened); // before the backup makes a slot, which is none of the cluster's
    await together(
      () => backUp(opened),
      async () => {
        await prepare(opened);
        await prepareStandbys(opened);
      },
    );
    await rehearse(opened);
    await checkClients(opened);
    await maintenanceWindow(opened);
    const baseline = await migration.step(phase, 'baseline of the soak', () =>
      sample('try', `${phase.from}: baseline of the soak`, migration.input, phase.from),
    );
    await outage(opened);
    const open = await afterOutage(opened);
    phase.durationMs = Date.now() - phase.startedAt;
    return watchMemory(open, withoutRetained(baseline, phase));
  } catch (error) {
    phase.state = error instanceof RollbackAsked || isCancellation(error) ? 'rolled back' : 'failed';
    await run.saga.compensate((name) => phase.steps.push({ name, state: 'undone', startedAt: Date.now() }));
    throw error;
  }
}

async function outage({ migration, phase, ref, saga, label }: OpenedPhase): Promise<void> {
  const drain = migration.input.drain;
  saga.register('let the clients in again', () =>
    activity('insist', 'letClientsIn', `${label}: let the clients in again`, ref),
  );
  const by = 'pgpassage (the outage failed)';
  saga.register(`put PostgreSQL ${phase.from} back into service`, () =>
    rollBackPhase(ref, { by, standbys: phaseStandbys(phase), note: (text) => migration.note(text) }),
  );
  const result = await migration.step(
    phase,
    'outage',
    // Cancelling waits: a job that ends well or puts the old server back within minutes is safer than one cut in two.
    () =>
      CancellationScope.nonCancellable(() =>
        activity('insist', 'outage', `${label}: OUTAGE (stop, pg_upgrade, start)`, { ...ref, drain }),
      ),
    ({ outageMs, heldMs }) => `${outageMs} ms${heldMs === undefined ? '' : `; clients held back for ${heldMs} ms`}`,
  );
  saga.commit();
  phase.outageMs = result.outageMs;
  for (const session of result.endedSessions) migration.note(`${label}: the drain ended ${session}`);
  phase.predictionMissed = missed(phase.predictedOutageMs, result.outageMs);
  migration.progress.runningVersion = phase.to;
  forgetUnacceptedRollback(migration, phase);
}

/** A prediction is a promise: it is said when it was off by more than a fifth. */
function missed(predicted: number | undefined, measured: number): string | undefined {
  if (predicted === undefined || Math.abs(measured - predicted) <= predicted / 5) return undefined;
  return `the outage took ${measured} ms; ${predicted} ms were predicted, off by ${Math.round((100 * (measured - predicted)) / predicted)} %`;
}

/** A rollback asked for before the outage was free of loss; by now it is not, and the loss has to be named. */
function forgetUnacceptedRollback(migration: Migration, phase: PhaseProgress): void {
  const asked = migration.rollbackAsked;
  if (!asked || asked.accept.includes(lossOf(phase.name))) return;
  migration.rollbackAsked = undefined;
  migration.note(
    `the rollback that ${asked.by} asked for came too late to be free of loss: ${phase.to} serves. Ask again and accept "${lossOf(phase.name)}".`,
  );
}
