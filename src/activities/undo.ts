import { readBackupJson } from '../postgres/backup-directory';
import { jobId, type PhaseRef } from '../migration/phase';
import { letIn } from '../pgbouncer/let-in';
import { finalizePhase } from '../postgres/upgrade/finalize';
import { logPhase, PHASE_FILES, type PhaseRecord } from '../postgres/upgrade/phase-files';
import { heldPhases } from '../postgres/upgrade/phases';
import { promoteRetained, retainedWayBack } from '../postgres/standby/retained';
import { rollBack, stopNewServer } from '../postgres/upgrade/rollback';
import type { Clusters } from './clusters';
import { jobRunner, step } from './step';

/** Activities that take a phase back, or make it final. */
export function undoActivities(clusters: Clusters) {
  return {
    /**
     * Runs the phase's rollback.sh, or promotes the retained standby where that is the quick way. With
     * `acceptLoss` false it refuses where the new server has served.
     */
    rollBackPhase: step(async (input: { phase: PhaseRef; acceptLoss: boolean; by: string }) => {
      const { phase } = input;
      const cluster = clusters.get(phase.cluster);
      const record = await readBackupJson<PhaseRecord>(cluster, phase.directory, PHASE_FILES.record);
      const retained = await retainedWayBack(cluster, phase.directory, record);
      const job = jobId(phase, retained ? 'stop-only' : 'rollback');
      const run = jobRunner(cluster);
      if (retained) await stopNewServer(cluster, phase.directory, record, input.acceptLoss, job, run);
      const result = retained
        ? await promoteRetained(retained, phase.directory, record, jobId(phase, 'promote'), jobRunner(retained))
        : await rollBack(cluster, phase.directory, record, input.acceptLoss, job, run);
      await logPhase(cluster, phase.directory, `rolled back by ${input.by}`);
      return result;
    }),

    /** Compensation of the drain: resumes what is paused and undoes the read-only switch; where neither is, does nothing. */
    letClientsIn: step(async (phase: PhaseRef): Promise<string[]> => {
      const cluster = clusters.get(phase.cluster);
      const resumed = await letIn(cluster, phase.from);
      if (resumed.length > 0) await logPhase(cluster, phase.directory, `resumed: ${resumed.join(', ')}`);
      return resumed;
    }),

    finalizePhases: step(async (input: { cluster: string; by: string }) => {
      const cluster = clusters.get(input.cluster);
      const finalized = [];
      for (const phase of await heldPhases(cluster)) finalized.push(await finalizePhase(cluster, phase, input.by));
      return finalized;
    }),
  };
}
