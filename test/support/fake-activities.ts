import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../src/activities';
import type { ruvectorActivities } from '../../src/activities/ruvector';
import type { vectorIndexActivities } from '../../src/activities/vector-index';
import { FAILURE } from '../../src/migration/failures';
import type { SoakSample } from '../../src/migration/soak';
import type { Finding } from '../../src/postgres/preflight/check';

/** What migrations call; workflows on vectors are tested on real servers only. */
type OfMigrations = Omit<
  Activities,
  keyof ReturnType<typeof ruvectorActivities> | keyof ReturnType<typeof vectorIndexActivities>
>;

/**
 * Stand-ins for the activities, for tests of the workflows' own logic: which steps run, in which order, and how they are
 * undone. What the real ones do to real servers is tested elsewhere.
 */
export class FakeCluster {
  readonly calls: string[] = [];
  /** Identities of the runs that opened phases. */
  readonly migrations: string[] = [];
  version = 15;
  blockers: Finding[] = [];
  standbys: string[] = [];
  /** The standby that the held phases retain. */
  retain?: string;
  private readonly held: { directory: string; record: { from: number; to: number } }[] = [];
  /** Standbys that stop before the primary's stop. */
  behind: string[] = [];
  /** synchronous_standby_names; set, it is held off. */
  synchronous = '';
  sample: Partial<SoakSample> = {};
  window?: { opensAt: number; closesAt: number };
  outageMs = 2000;
  /** Activities that fail, by name, and how; a number of times, or always. */
  readonly failing = new Map<string, { failure: () => Error; times: number }>();
  /** Called before every activity. */
  before: (name: string) => Promise<void> | void = () => undefined;

  fail(name: string, type: string, times = Infinity): void {
    this.failing.set(name, {
      times,
      failure: () => ApplicationFailure.create({ type, nonRetryable: true, message: `${name} failed on purpose` }),
    });
  }

  activities(): Activities {
    const answers: { [K in keyof OfMigrations]: (input: Parameters<Activities[K]>[0]) => unknown } = {
      describeCluster: ({ cluster }) => {
        if (cluster === 'unknown')
          throw ApplicationFailure.create({
            type: FAILURE.invalidInput,
            nonRetryable: true,
            message: 'cluster: the inventory has no cluster "unknown"',
          });
        return { host: 'db1', version: this.version, serverVersion: `${this.version}.9`, standbys: this.standbys };
      },
      chooseMode: ({ mode }) => ({ mode: mode === 'auto' ? 'clone' : mode, why: 'because', dataBytes: 1 }),
      preflight: () => ({ passed: 30, warnings: [], blockers: this.blockers }),
      describePackages: () => 'already there',
      previewConfiguration: () => ({ changes: [] }),
      installPackages: () => 'already there',
      checkClients: () => 'not held back',
      describeDrain: () => 'not held back',
      windowOpensAt: () => this.window,
      sampleSoak: () => ({ at: Date.now(), answered: true, measures: {}, problems: [], ...this.sample }),
      heldPhases: () =>
        this.held.map(({ directory, record }) => ({
          directory,
          record: { ...record, migration: 'm', retain: this.retain },
        })),
      openPhase: ({ name, migration }) => {
        this.migrations.push(migration);
        return { directory: `/backups/${name}` };
      },
      takeEvidence: () => ({ tables: 3, rows: 30 }),
      takeBackup: () => undefined,
      releaseWal: () => undefined,
      prepareTarget: () =>
        this.synchronous
          ? [{ name: 'synchronous_standby_names', from: '', kind: 'held off', before: this.synchronous, reason: '' }]
          : [],
      discardTarget: () => undefined,
      rehearse: () => ({ mode: 'clone', marks: [], outageMs: 1900 }),
      outage: ({ from, to, directory }) => {
        this.version = to;
        this.held.push({ directory, record: { from, to } });
        return { marks: [], outageMs: this.outageMs, endedSessions: [] };
      },
      putBackForgotten: () => 0,
      refreshStatistics: () => ({ databases: 1, parents: 1, extended: 0 }),
      updateExtensions: () => ({ updated: [], left: [] }),
      compareEvidence: () => ({ passed: 12, failed: [], notComparable: 0 }),
      handOverService: () => undefined,
      prepareStandby: () => [],
      discardStandby: () => undefined,
      stopStandby: ({ standby }) => ({
        standby,
        applicationName: standby,
        checkpoint: '0/3000028',
        atTheStop: !this.behind.includes(standby),
      }),
      rebuildStandby: ({ standby }) => ({ standby, bytes: 1000 }),
      putBackSynchronous: () => this.synchronous,
      rollBackStandby: ({ standby }) => ({ standby, outcome: 'follows', why: 'because' }),
      rollBackPhase: ({ phase }) => {
        this.version = phase.from;
        return { version: phase.from, said: `PostgreSQL ${phase.from} serves again`, short: false };
      },
      letClientsIn: () => [],
      rewriteReport: ({ cluster, database }) => {
        const calls = [{ line: 1, name: 'ruvector_l2_distance' }];
        const problems = [{ line: 2, reason: 'calls something' }];
        const items = [{ kind: 'view', name: 'public.near', calls, problems, diff: '--- a\n+++ b\n' }];
        return { cluster, database, extension: { version: '0.1.0', schema: 'public' }, items, diffsLeftOut: 0 };
      },
      finalizePhases: () => [],
    };
    const wrapped = Object.entries(answers).map(([name, answer]) => [
      name,
      async (input: never) => this.call(name, () => answer(input)),
    ]);
    return Object.fromEntries(wrapped) as Activities;
  }

  private async call(name: string, answer: () => unknown): Promise<unknown> {
    this.calls.push(name);
    await this.before(name);
    const failing = this.failing.get(name);
    if (failing && failing.times > 0) {
      failing.times -= 1;
      throw failing.failure();
    }
    return answer();
  }
}
