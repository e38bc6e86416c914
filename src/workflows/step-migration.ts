import { ApplicationFailure, continueAsNew, isCancellation, workflowInfo } from '@temporalio/workflow';
import { FAILURE } from '../migration/failures';
import { stepMigrationInput, type StepMigrationInput } from '../migration/input';
import { lossOf } from '../migration/ledger';
import { hops } from '../migration/path';
import type { PhaseProgress, Progress } from '../migration/progress';
import { SUPPORTED_VERSIONS } from '../postgres/versions';
import { activity } from './parts/activities';
import { checked, invalidInput, parseInput, plainly, reason, typeOf } from './parts/failures';
import { Gate, type Decision } from './parts/gate';
import { runTag, underOwnId, type StartedElsewhere } from './parts/identity';
import { Inbox } from './parts/inbox';
import { Migration, RollbackAsked } from './parts/migration';
import { runPhase } from './parts/phase';
import { phaseRef } from './parts/phase-run';
import { rollBackPhase } from './parts/roll-back';
import type { WatchMemory } from './parts/soak-watch';
import { checkRetained, phaseStandbys } from './parts/standbys';

/** What a run hands to the one that continues it at a gate. Made and read here only. */
export interface Carried {
  progress: Progress;
  watch: WatchMemory;
}

/**
 * Takes a cluster from its running version to `to`, one phase per major, with a gate after each: soak, checks that go on
 * during it, approval. Input: `{"cluster": "orders", "to": 18}`; see `stepMigrationInput` for the rest.
 */
export async function stepMigration(raw: unknown, carried?: Carried): Promise<Progress | StartedElsewhere> {
  return begin(raw, carried);
}

/** One phase: the same as `stepMigration`, but refuses a target that is more than one phase away. */
export async function majorUpgrade(raw: unknown, carried?: Carried): Promise<Progress | StartedElsewhere> {
  return begin(raw, carried, 1);
}

async function begin(raw: unknown, carried?: Carried, mostPhases?: number): Promise<Progress | StartedElsewhere> {
  const input = parseInput(stepMigrationInput, raw);
  if (carried && !workflowInfo().continuedFromExecutionRunId)
    throw invalidInput('The workflow takes one argument, a JSON object; there are more.');
  return (await underOwnId(input.cluster, raw)) ?? plainly(migrate(input, carried, mostPhases));
}

async function migrate(input: StepMigrationInput, carried?: Carried, mostPhases?: number): Promise<Progress> {
  const migration = new Migration(input, runTag(), carried?.progress);
  const inbox = new Inbox(migration);
  if (!carried) await plan(migration, mostPhases);
  const { phases } = migration.progress;
  for (const phase of phases.filter(({ state }) => state !== 'done')) {
    const passed = await runToDecision(migration, inbox, phase, phase === phases.at(-1), carried?.watch);
    if (passed.decision === 'continue as new')
      return continueAsNew<typeof stepMigration>(input, { progress: migration.progress, watch: passed.watch });
    carried = undefined;
    if (passed.decision === 'roll back') return rollBack(migration);
    phase.state = 'done';
    if (passed.decision === 'stop')
      return end(
        migration,
        'stopped',
        `stopped after ${phase.name}: ${phase.gate?.decision?.kind} by ${phase.gate?.decision?.by}`,
      );
  }
  return end(migration, 'completed', `PostgreSQL ${input.to} serves; every phase is done`);
}

async function plan(migration: Migration, mostPhases?: number): Promise<void> {
  const { input } = migration;
  const cluster = await activity('try', 'describeCluster', `look at ${input.cluster}`, { cluster: input.cluster });
  const path = checked(() => hops(cluster.version, input.to, input.path, SUPPORTED_VERSIONS));
  if (mostPhases !== undefined && path.length > mostPhases) {
    throw invalidInput(
      `to: ${cluster.version} → ${input.to} skips ${path
        .slice(0, -1)
        .map((hop) => hop.to)
        .join(', ')}. ` + `Use stepMigration to go step by step, or say path: [${input.to}] to go in one.`,
    );
  }
  checkRetained(input, cluster.standbys);
  migration.plan(cluster.version, path);
  migration.progress.standbys = cluster.standbys;
}

/** How a phase was decided upon, or with `continue as new`, what its watch knows. */
type Passed = { decision: Exclude<Decision, 'continue as new'> } | { decision: 'continue as new'; watch: WatchMemory };

/** Runs a phase, or takes up the watch that the run before this one left, and waits at its gate. */
async function runToDecision(
  migration: Migration,
  inbox: Inbox,
  phase: PhaseProgress,
  last: boolean,
  left?: WatchMemory,
): Promise<Passed> {
  try {
    const gate = left
      ? Gate.reopen(migration, phase, left)
      : Gate.open(migration, phase, await runPhase(migration, phase), last);
    inbox.gate = gate;
    const decision = await gate.pass();
    return decision === 'continue as new' ? { decision, watch: gate.memory } : { decision };
  } catch (error) {
    if (error instanceof RollbackAsked) return { decision: 'roll back' };
    throw asEnd(migration, phase, error);
  } finally {
    inbox.gate = undefined;
  }
}

/** A phase failed and was undone: the workflow fails with the cause, and says what serves. */
function asEnd(migration: Migration, phase: PhaseProgress, error: unknown): unknown {
  if (isCancellation(error)) return error;
  const serves =
    typeOf(error) === FAILURE.rollbackIncomplete
      ? 'Look at the host now: '
      : `PostgreSQL ${migration.progress.runningVersion} serves. `;
  migration.progress.outcome = 'failed';
  migration.say(`${phase.name} failed`, 'Mend the cause, then start again.');
  return ApplicationFailure.create({
    type: typeOf(error) ?? 'PhaseFailed',
    nonRetryable: true,
    message: `${serves}${reason(error)}`,
    details: [migration.progress],
  });
}

/** Takes back phases, newest first, down to the version that was asked for. */
async function rollBack(migration: Migration): Promise<Progress> {
  const { by, to } = migration.rollbackAsked!;
  migration.rollbackAsked = undefined;
  const begun = migration.progress.phases.filter((phase) => phase.state !== 'planned' && phase.from >= (to ?? 0));
  for (const phase of begun.reverse()) {
    // A phase that never came to its outage was undone by its own compensations.
    if (phase.outageMs === undefined) continue;
    phase.state = 'rolling back';
    migration.say(`rolling back ${phase.name}`, 'Wait.');
    await rollBackPhase(phaseRef(migration, phase), {
      by,
      standbys: phaseStandbys(phase),
      note: (text) => migration.note(text),
    });
    phase.state = 'rolled back';
    if (phase.gate) phase.gate.decision = { kind: 'rolled back', by, at: Date.now(), note: lossOf(phase.name) };
    migration.progress.runningVersion = phase.from;
  }
  return end(
    migration,
    'rolled back',
    `PostgreSQL ${migration.progress.runningVersion} serves again; rolled back by ${by}`,
  );
}

function end(migration: Migration, outcome: Progress['outcome'], status: string): Progress {
  migration.progress.outcome = outcome;
  migration.say(
    status,
    outcome === 'completed'
      ? 'Finalize when the old data is no longer needed; until then rollback remains possible.'
      : 'Nothing.',
  );
  return migration.progress;
}
