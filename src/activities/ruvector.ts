import { hasBackupFile, readBackupFile, writeBackupFile } from '../postgres/backup-directory';
import type { RuvectorChecklistInput, RuvectorUpgradeInput } from '../migration/ruvector';
import { withSql, identifier } from '../postgres/connection';
import type { Finding } from '../postgres/preflight/check';
import { layout } from '../postgres/cluster';
import { describe } from '../postgres/upgrade/describe';
import { logPhase } from '../postgres/upgrade/phase-files';
import { RehearsalFailed } from '../postgres/upgrade/rehearsal';
import { SchemaArchive } from '../ruvector/archive';
import { runChecklist, type ChecklistLine } from '../ruvector/checklist/run';
import { compareVectors, type VectorCheck } from '../ruvector/compare-evidence';
import { takeEvidence as measure, type VectorEvidence } from '../ruvector/evidence';
import { FILES, readRecord, upgradeDirectory, type UpgradeRef } from '../ruvector/files';
import { heldUpgrades } from '../ruvector/held';
import { backUp, buildIndex, convert, rollBack } from '../ruvector/jobs';
import type { Marks } from '../ruvector/marks';
import { openUpgrade } from '../ruvector/open';
import { inspect, requireLive, type UpgradePlan } from '../ruvector/plan';
import { rehearse } from '../ruvector/rehearsal';
import { Workshop } from '../ruvector/workshop';
import type { Clusters } from './clusters';
import { inTurn } from './look';
import { jobRunner, progress, step } from './step';

/** A plan as it travels through histories, with what speaks against it. */
export interface RuvectorInspection {
  /** Major version of PostgreSQL. */
  postgres: number;
  plan?: UpgradePlan;
  warnings: Finding[];
  blockers: Finding[];
}

const CONVERSION = 'conversion.json';

/** The steps of an upgrade of the vector extension. Each looks at the world first and does only what is left to do. */
export function ruvectorActivities(clusters: Clusters) {
  const open = async (ref: UpgradeRef) => {
    const cluster = clusters.get(ref.cluster);
    const record = await readRecord(cluster, ref.directory);
    const job = (name: string) => `${ref.cluster}.${ref.migration}.ruvector.${name}`;
    const log = (line: string) => logPhase(cluster, ref.directory, line);
    const json = async <T>(name: string) => JSON.parse(await readBackupFile(cluster, ref.directory, name)) as T;
    const write = (name: string, value: unknown) =>
      writeBackupFile(cluster, ref.directory, name, JSON.stringify(value));
    return { cluster, record, job, log, json, write, run: jobRunner(cluster), directory: ref.directory };
  };
  return {
    inspectRuvector: step(async (input: RuvectorUpgradeInput): Promise<RuvectorInspection> => {
      const cluster = clusters.get(input.cluster);
      const { version } = await describe(cluster);
      const { plan, findings } = await inTurn(`vectors of ${cluster.name}`, () =>
        inspect(cluster, version, input, progress),
      );
      const of = (severity: Finding['severity']) => findings.filter((finding) => finding.severity === severity);
      return { postgres: version, plan, warnings: of('warning'), blockers: of('blocker') };
    }),

    openRuvectorUpgrade: step(
      async (input: {
        cluster: string;
        database: string;
        postgres: number;
        migration: string;
        startedAt: string;
        plan: UpgradePlan;
      }) => {
        const { cluster: name, ...beginning } = input;
        const cluster = clusters.get(name);
        const { extension, to } = input.plan;
        const directory = upgradeDirectory(cluster, extension.name, extension.version, to, input.startedAt);
        await openUpgrade(cluster, directory, beginning);
        return { directory };
      },
    ),

    takeVectorEvidence: step(async (input: { ref: UpgradeRef; when: 'before' | 'after' }) => {
      const { cluster, record, json, write } = await open(input.ref);
      const { database, extension } = record;
      const live = await requireLive(cluster, database, extension.name);
      const asked = input.when === 'after' ? (await json<VectorEvidence>(FILES.before)).neighbours : [];
      const evidence = await withSql(cluster, { database }, (sql) => measure(sql, live, progress, asked));
      await write(FILES[input.when], evidence);
      const rows = evidence.fingerprints.reduce((sum, print) => sum + Number(print.rows), 0);
      return { tables: evidence.fingerprints.length, rows, indexes: evidence.indexes };
    }),

    backUpVectors: step(async (ref: UpgradeRef) => {
      const { cluster, record, job, run, log, directory } = await open(ref);
      const said = (await backUp(cluster, directory, record, job('backup'), run)).trim();
      await log(said);
      return said.split('\n').at(-1)!;
    }),

    /** Upgrades a copy of the backup on a scratch server, there and back. */
    rehearseRuvector: step(async (ref: UpgradeRef) => {
      const { cluster, record, log, directory } = await open(ref);
      progress('restoring the backup into a scratch server');
      const live = await requireLive(cluster, record.database, record.extension.name);
      const archive = await SchemaArchive.open(
        cluster,
        layout(cluster, record.postgres),
        `${directory}/${FILES.schema}`,
      );
      const scripts = {
        upgrade: await readBackupFile(cluster, directory, FILES.upgrade),
        rollback: await readBackupFile(cluster, directory, FILES.rollback),
      };
      const data = (await hasBackupFile(cluster, directory, FILES.backup)) ? `${directory}/${FILES.backup}` : undefined;
      const result = await inTurn(`vectors of ${cluster.name}`, () =>
        Workshop.with(cluster, record.postgres, (workshop) =>
          rehearse(workshop, live, archive, scripts, record.indexes.after, data),
        ),
      );
      if (result.problems.length > 0)
        throw new RehearsalFailed(
          `the rehearsal on a copy failed: ${result.problems.join('; ')}. The database was not touched.`,
        );
      const { writesWaitedMs, readsWaitedMs, fingerprints } = result.marks!;
      await log(`rehearsed there and back: writes wait ${writesWaitedMs} ms, reads ${readsWaitedMs} ms`);
      return {
        writesMs: writesWaitedMs,
        readsMs: readsWaitedMs,
        indexesMs: result.indexes,
        backup: fingerprints.before,
      };
    }),

    convertRuvector: step(async (ref: UpgradeRef) => {
      const { cluster, record, job, run, log, write, directory } = await open(ref);
      const marks = await convert(cluster, directory, record, job('convert'), run);
      // A second attempt that finds the work done has measured nothing; what the first one wrote stays.
      if (!marks.already || !(await hasBackupFile(cluster, directory, CONVERSION))) await write(CONVERSION, marks);
      await log(
        `extension ${record.extension.name} is ${record.to}; writes waited ${marks.writesWaitedMs} ms, reads ${marks.readsWaitedMs} ms`,
      );
      return { already: marks.already, writesMs: marks.writesWaitedMs, readsMs: marks.readsWaitedMs };
    }),

    /** Builds one of the new indexes, concurrently. */
    buildUpgradedIndex: step(async (input: { ref: UpgradeRef; index: string }) => {
      const { cluster, record, job, run, log } = await open(input.ref);
      const at = record.indexes.after.findIndex(({ identity }) => identity === input.index);
      const { database, postgres, extension } = record;
      await buildIndex(
        cluster,
        { database, postgres, schema: extension.schema },
        record.indexes.after[at],
        job(`index-${at}`),
        run,
      );
      await log(`index ${input.index} is built`);
    }),

    analyzeVectorTables: step(async (ref: UpgradeRef) => {
      const { cluster, record } = await open(ref);
      await withSql(cluster, { database: record.database }, async (sql) => {
        for (const { schema, table } of record.tables)
          await sql.query(`analyze ${identifier(schema)}.${identifier(table)}`);
      });
    }),

    compareVectors: step(async (input: { ref: UpgradeRef; recallLoss: number }): Promise<VectorCheck[]> => {
      const { json, write } = await open(input.ref);
      const [before, after, marks] = [
        await json<VectorEvidence>(FILES.before),
        await json<VectorEvidence>(FILES.after),
        await json<Marks>(CONVERSION),
      ];
      const conversion = marks.already
        ? { before: before.fingerprints, after: after.fingerprints }
        : marks.fingerprints;
      const checks = compareVectors(before, after, conversion, input.recallLoss);
      await write('comparison.json', checks);
      return checks;
    }),

    /** Runs the upgrade's rollback.sh; it loses nothing, and does nothing where the old version is there. */
    rollBackRuvector: step(async (input: { ref: UpgradeRef; by: string }): Promise<string> => {
      const { cluster, record, job, run, log, directory } = await open(input.ref);
      const said = await rollBack(cluster, directory, record, job('rollback'), run);
      await log(`rolled back by ${input.by}`);
      return said;
    }),

    runRuvectorChecklist: step(async (input: RuvectorChecklistInput): Promise<ChecklistLine[]> => {
      const cluster = clusters.get(input.cluster);
      const { version } = await describe(cluster);
      return inTurn(`vectors of ${cluster.name}`, () => runChecklist(cluster, version, input, progress));
    }),

    /** The installed version, and the upgrades of a database that can be taken back, oldest first. */
    heldRuvectorUpgrades: step(async (input: { cluster: string; database: string; extension: string }) => {
      const cluster = clusters.get(input.cluster);
      const { extension } = await requireLive(cluster, input.database, input.extension);
      const held = await heldUpgrades(cluster, input.database, input.extension);
      const upgrades = held.map(({ directory, record }) => ({
        directory,
        from: record.extension.version,
        to: record.to,
      }));
      return { installed: extension.version, upgrades };
    }),
  };
}
