import { readBackupJson } from '../postgres/backup-directory';
import { jobId, type PhaseRef } from '../migration/phase';
import { discardStandby, prepareStandby } from '../postgres/standby/prepare';
import { rebuildStandby, type Rebuild } from '../postgres/standby/rebuild';
import { rollBackStandby } from '../postgres/standby/roll-back';
import { standbyNamed } from '../postgres/standby/standby-files';
import { stopStandby } from '../postgres/standby/stop';
import { putBackSynchronous } from '../postgres/standby/synchronous';
import { logPhase, PHASE_FILES, type PhaseRecord } from '../postgres/upgrade/phase-files';
import type { Clusters } from './clusters';
import { jobRunner, progress, step } from './step';

/** One standby in one phase. */
export interface StandbyRef {
  phase: PhaseRef;
  /** Its name in the inventory. */
  standby: string;
}

/** The steps of a phase on its standbys. Jobs run on the standby's own host. */
export function standbyActivities(clusters: Clusters) {
  const open = ({ phase, standby: name }: StandbyRef) => {
    const cluster = clusters.get(phase.cluster);
    const standby = standbyNamed(cluster, name);
    const log = (line: string) => logPhase(cluster, phase.directory, `standby ${name}: ${line}`);
    return { cluster, standby, log };
  };
  const rebuildOf = async ({ phase, standby }: StandbyRef, what: string): Promise<Rebuild> => {
    const cluster = clusters.get(phase.cluster);
    const { tablespaces } = await readBackupJson<PhaseRecord>(cluster, phase.directory, PHASE_FILES.record);
    const run = jobRunner(standbyNamed(cluster, standby));
    const id = jobId(phase, `${what}-${standby}`);
    return { phaseDirectory: phase.directory, tablespaces, jobId: id, run, progress };
  };
  return {
    prepareStandby: step(async (input: StandbyRef & { settings: Record<string, string> }) => {
      const { cluster, standby, log } = open(input);
      const changes = await prepareStandby(cluster, standby, input.phase.directory, input.phase, input.settings);
      await log('configuration translated and verified');
      return changes.filter((change) => change.kind !== 'kept');
    }),

    /** Compensation of prepareStandby. */
    discardStandby: step(async (input: StandbyRef): Promise<void> => {
      await discardStandby(open(input).standby, input.phase.directory);
    }),

    stopStandby: step(async (input: StandbyRef) => {
      const { cluster, standby, log } = open(input);
      const { directory, from } = input.phase;
      const stopped = await stopStandby(cluster, standby, directory, from, progress);
      await log(
        `stopped at ${stopped.checkpoint}, ${stopped.atTheStop ? 'the stop of the primary' : 'behind the primary'}`,
      );
      return stopped;
    }),

    rebuildStandby: step(async (input: StandbyRef) => {
      const { cluster, standby, log } = open(input);
      const rebuilt = await rebuildStandby(cluster, standby, await rebuildOf(input, 'rebuild'));
      await log(`rebuilt (${rebuilt.bytes} bytes), streams`);
      return rebuilt;
    }),

    /** Puts synchronous_standby_names back; fails while too few of the standbys that it names stream. */
    putBackSynchronous: step(async (phase: PhaseRef) => {
      const cluster = clusters.get(phase.cluster);
      const names = await putBackSynchronous(cluster, phase.directory);
      if (names !== undefined)
        await logPhase(cluster, phase.directory, `synchronous_standby_names is "${names}" again`);
      return names;
    }),

    rollBackStandby: step(async (input: StandbyRef & { short: boolean }) => {
      const { cluster, standby, log } = open(input);
      const back = await rollBackStandby(cluster, standby, input.short, await rebuildOf(input, 'back'));
      await log(`back on ${input.phase.from}: ${back.outcome} (${back.why})`);
      return back;
    }),
  };
}
