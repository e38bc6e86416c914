import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { begin } from '../src/cli/begin';
import { look, type Look } from '../src/cli/look';
import { describeRun, isRunning } from '../src/cli/runs';
import type { Decider } from './gate';
import type { DemoOptions } from './options';
import { CLUSTER, type Stage } from './stage';
import type { View } from './view';

const LOOK_EVERY_MS = 500;

/** A migration's handle with the run it belongs to. */
export type Migration = WorkflowHandleWithFirstExecutionRunId;

/** Begins the migration of the demo's cluster to PostgreSQL 18, the way `pgpassage start` does. */
export function beginMigration({ temporal }: Stage, { soakMs, yes }: DemoOptions): Promise<Migration> {
  const input = {
    cluster: CLUSTER,
    to: 18,
    soak: soakMs,
    soakAfterLast: soakMs,
    // Someone who is asked may be away for hours, and every look adds to the workflow's history.
    watchEvery: yes ? 1_000 : 5_000,
    // How full and how busy the machine of whoever tries the demo is has nothing to do with the migration.
    thresholds: { cpu: 'off', 'free-disk': 'off' },
  };
  return begin(temporal, { type: 'stepMigration', cluster: CLUSTER, input, summary: `${CLUSTER} → PostgreSQL 18` });
}

/**
 * Follows the migration to its end.
 * @throws Error when the worker ends before it.
 */
export function follow(stage: Stage, migration: Migration, decide: Decider, view: View): Promise<Look> {
  return Promise.race([watch(stage, migration, decide, view), stage.worker.ended]);
}

async function watch(stage: Stage, migration: Migration, decide: Decider, view: View): Promise<Look> {
  const { temporal } = stage;
  const run = { workflowId: migration.workflowId, runId: migration.firstExecutionRunId };
  for (;;) {
    const seen = await look(temporal, await describeRun(temporal, run));
    if (seen.progress) view.show(seen.progress);
    if (!isRunning(seen.run)) return seen;
    if (seen.progress) await decide(seen.progress);
    await sleep(LOOK_EVERY_MS);
  }
}
