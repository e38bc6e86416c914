import { readBackupJson, writeBackupFile } from '../postgres/backup-directory';
import { inspectJob } from '../hosts/durable-job';
import { jobId, type PhaseRef } from '../migration/phase';
import { drainOf, type DrainInput } from '../migration/drain';
import { ConsoleFailed } from '../pgbouncer/console';
import { planDrain } from '../pgbouncer/drain';
import { letIn } from '../pgbouncer/let-in';
import { layout, type Cluster } from '../postgres/cluster';
import { compareEvidence } from '../postgres/evidence/compare';
import type { ComparisonCheck, Evidence } from '../postgres/evidence/evidence';
import { readWriteCounters, takeEvidence } from '../postgres/evidence/take';
import { releaseWal, takeBackup } from '../postgres/upgrade/backup';
import { putBackForgotten, type Forgotten } from '../postgres/upgrade/carry-over';
import { updateExtensions } from '../postgres/upgrade/extensions';
import { openPhase, type PhaseBeginning } from '../postgres/upgrade/open-phase';
import { checkpoint, ClientsNotDrained, outage, type Drain } from '../postgres/upgrade/outage';
import { logPhase, PHASE_FILES, type PhaseRecord } from '../postgres/upgrade/phase-files';
import { withoutRetained } from '../postgres/standby/retained';
import { holdOffSynchronous } from '../postgres/standby/synchronous';
import { rehearse } from '../postgres/upgrade/rehearsal';
import { refreshStatistics } from '../postgres/upgrade/statistics';
import { discardTarget, prepareTarget } from '../postgres/upgrade/target';
import { installPackages } from '../postgres/packages';
import { handOver } from '../postgres/service';
import type { Clusters } from './clusters';
import { jobRunner, progress, step } from './step';

/** A comparison's outcome as it travels through histories; the whole of it stands in the phase's directory. */
export interface ComparisonSummary {
  passed: number;
  failed: ComparisonCheck[];
  notComparable: number;
}

/** What holds the clients back, or undefined where nothing is to. @throws ClientsNotDrained before anything was done. */
async function planned(cluster: Cluster, from: number, id: string, asked?: DrainInput): Promise<Drain | undefined> {
  const input = drainOf(cluster.entry.pgbouncer.length, asked);
  try {
    return input && (await planDrain(cluster, layout(cluster, from), { id }, input));
  } catch (error) {
    if (error instanceof ConsoleFailed) throw new ClientsNotDrained(`Nothing was stopped: ${error.message}`);
    throw error;
  }
}

/** The steps of one upgrade phase. Each looks at the world first and does only what is left to do. */
export function upgradeActivities(clusters: Clusters) {
  const open = async (phase: PhaseRef) => {
    const cluster = clusters.get(phase.cluster);
    return {
      cluster,
      record: await readBackupJson<PhaseRecord>(cluster, phase.directory, PHASE_FILES.record),
      run: jobRunner(cluster),
    };
  };
  return {
    /** Installs the target's packages where the inventory says how. @returns what was installed, in a sentence. */
    installPackages: step(async (phase: Omit<PhaseRef, 'directory'>): Promise<string> => {
      const cluster = clusters.get(phase.cluster);
      return installPackages(cluster, phase, jobId(phase, 'packages'), jobRunner(cluster));
    }),

    openPhase: step(
      async (input: { cluster: string; name: string } & PhaseBeginning): Promise<{ directory: string }> => {
        const { cluster: name, name: phaseDirectory, ...beginning } = input;
        const cluster = clusters.get(name);
        const directory = `${cluster.entry.backupDirectory}/${phaseDirectory}`;
        await openPhase(cluster, directory, beginning);
        return { directory };
      },
    ),

    takeEvidence: step(
      async (input: {
        phase: PhaseRef;
        when: 'before' | 'after';
        checksums: boolean;
      }): Promise<{ tables: number; rows: number }> => {
        const cluster = clusters.get(input.phase.cluster);
        const evidence = await takeEvidence(cluster, {
          checksums: input.checksums,
          progress: (done, total, what) => progress(`${what} (${done} of ${total})`),
        });
        const file = input.when === 'before' ? PHASE_FILES.evidenceBefore : PHASE_FILES.evidenceAfter;
        await writeBackupFile(cluster, input.phase.directory, file, JSON.stringify(evidence));
        const tables = evidence.databases.flatMap((database) => database.tables);
        return { tables: tables.length, rows: tables.reduce((sum, table) => sum + table.rows, 0) };
      },
    ),

    takeBackup: step(async (phase: PhaseRef): Promise<void> => {
      const { cluster, record, run } = await open(phase);
      await takeBackup(cluster, phase.directory, record, jobId(phase, 'backup'), run);
      await logPhase(cluster, phase.directory, 'base backup taken and verified');
    }),

    /** Compensation of takeBackup: the server need not keep WAL any longer. The backup itself stays until finalize. */
    releaseWal: step(async (phase: PhaseRef): Promise<void> => {
      const { cluster, record } = await open(phase);
      await releaseWal(cluster, record.slot);
    }),

    prepareTarget: step(async (input: { phase: PhaseRef; settings: Record<string, string> }) => {
      const cluster = clusters.get(input.phase.cluster);
      const { directory, to } = input.phase;
      const translated = await prepareTarget(cluster, directory, input.phase, input.settings);
      const changes = [...translated, ...(await holdOffSynchronous(cluster, directory, to))];
      await writeBackupFile(cluster, directory, 'configuration-changes.json', JSON.stringify(changes, null, 2));
      return changes.filter((change) => change.kind !== 'kept');
    }),

    /** Compensation of prepareTarget. */
    discardTarget: step(async (phase: PhaseRef): Promise<void> => {
      const { cluster, record } = await open(phase);
      await discardTarget(cluster, phase.directory, record);
    }),

    rehearse: step(async (phase: PhaseRef) => {
      const { cluster, record, run } = await open(phase);
      const rehearsal = await rehearse(cluster, phase.directory, record, jobId(phase, 'rehearsal'), run);
      await logPhase(cluster, phase.directory, `rehearsed: predicted outage ${rehearsal.outageMs} ms`);
      return rehearsal;
    }),

    outage: step(async ({ drain: asked, ...phase }: PhaseRef & { drain?: DrainInput }) => {
      const { cluster, record, run } = await open(phase);
      const id = jobId(phase, 'outage');
      let drain: Drain | undefined;
      // Once the job began, the server that would be asked is going down or gone.
      if ((await inspectJob(cluster.host, { id })).state === 'absent') {
        drain = await planned(cluster, record.from, id, asked);
        await writeBackupFile(
          cluster,
          phase.directory,
          PHASE_FILES.countersAtStop,
          JSON.stringify(await readWriteCounters(cluster)),
        );
        await checkpoint(cluster, phase.from);
      }
      const result = await outage(cluster, phase.directory, record, id, run, drain);
      // The job let the clients in itself, unless it was killed or a PgBouncer did not answer it.
      await letIn(cluster, phase.from);
      await logPhase(
        cluster,
        phase.directory,
        `PostgreSQL ${phase.to} serves after an outage of ${result.outageMs} ms`,
      );
      for (const session of result.endedSessions)
        await logPhase(cluster, phase.directory, `ended by the drain: ${session}`);
      return result;
    }),

    putBackForgotten: step(async (phase: PhaseRef): Promise<number> => {
      const { cluster } = await open(phase);
      return putBackForgotten(
        cluster,
        await readBackupJson<Forgotten>(cluster, phase.directory, PHASE_FILES.forgotten),
      );
    }),

    refreshStatistics: step(async (phase: PhaseRef) =>
      refreshStatistics(clusters.get(phase.cluster), phase.to, progress),
    ),

    updateExtensions: step(async (phase: PhaseRef) => updateExtensions(clusters.get(phase.cluster))),

    compareEvidence: step(async (phase: PhaseRef): Promise<ComparisonSummary> => {
      const { cluster, record } = await open(phase);
      const read = <T>(name: string) => readBackupJson<T>(cluster, phase.directory, name);
      const [before, after] = [
        await withoutRetained(cluster, phase.directory, record, await read<Evidence>(PHASE_FILES.evidenceBefore)),
        await read<Evidence>(PHASE_FILES.evidenceAfter),
      ];
      const checks = compareEvidence(before, after, { writtenBeforeStop: await read(PHASE_FILES.countersAtStop) });
      await writeBackupFile(cluster, phase.directory, 'comparison.json', JSON.stringify(checks, null, 2));
      return {
        passed: checks.filter((check) => check.outcome === 'passed').length,
        failed: checks.filter((check) => check.outcome === 'failed'),
        notComparable: checks.filter((check) => check.outcome === 'not comparable').length,
      };
    }),

    /** Makes the service manager start the new version at boot, and the old one no longer. */
    handOverService: step(async (phase: PhaseRef): Promise<void> => {
      const cluster = clusters.get(phase.cluster);
      await handOver(cluster, phase.from, phase.to);
      await logPhase(cluster, phase.directory, `${layout(cluster, phase.to).dataDirectory} starts at boot`);
    }),
  };
}
