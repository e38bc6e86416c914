import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { parts } from '../../sandbox/parts';
import { migrationId } from '../../src/migration/identity';
import type { Progress } from '../../src/migration/progress';
import type { FakeCluster } from './fake-activities';

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;
let quiet = false;

/** The workflow code, bundled once for a whole test file. */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  if (!quiet)
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
    });
  quiet = true;
  bundle ??= bundleWorkflowCode({
    workflowsPath: require.resolve('../../src/workflows'),
    logger: new DefaultLogger('ERROR'),
  });
  return bundle;
}

/** A Temporal server whose clock skips ahead while everybody waits, so that a 24 h soak takes no time. */
export async function timeSkipping(): Promise<TestWorkflowEnvironment> {
  await workflowBundle();
  const { temporalTestServer } = await parts();
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: temporalTestServer } },
  });
}

/**
 * A Temporal dev server. For workflows that cancel one of two activities while both are on their way: the time-skipping
 * server never ends their workflow task.
 */
export async function devServer(): Promise<TestWorkflowEnvironment> {
  await workflowBundle();
  const { temporal } = await parts();
  return TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path: temporal } } });
}

export interface Run {
  handle: WorkflowHandleWithFirstExecutionRunId;
  progress(): Promise<Progress>;
  /** Waits, by polling the query, until the migration says so. */
  until(condition: (progress: Progress) => boolean): Promise<Progress>;
  result(): Promise<Progress>;
}

/** Starts a workflow on a worker with the fake cluster's activities, does `work`, and shuts the worker down. */
export async function withMigration<T>(
  env: TestWorkflowEnvironment,
  fake: FakeCluster,
  input: Record<string, unknown>,
  work: (run: Run) => Promise<T>,
  options: { type?: string; workflowId?: string } = {},
): Promise<T> {
  const taskQueue = `test-${Math.random().toString(36).slice(2)}`;
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: fake.activities(),
  });
  return worker.runUntil(async () => {
    const workflowId = options.workflowId ?? migrationId(String(input.cluster));
    const handle = await env.client.workflow.start(options.type ?? 'stepMigration', {
      taskQueue,
      workflowId,
      args: [input],
    });
    const progress = () => handle.query<Progress>('progress');
    const until = async (condition: (progress: Progress) => boolean) => {
      for (let tries = 0; tries < 400; tries += 1) {
        const now = await progress();
        if (condition(now)) return now;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`the migration did not get there; it says: ${(await progress()).status}`);
    };
    try {
      return await work({ handle, progress, until, result: () => handle.result() as Promise<Progress> });
    } catch (error) {
      // A workflow that is left open would hold the server's clock for the tests after this one.
      if ((await handle.describe()).status.name === 'RUNNING') await handle.terminate('the test failed');
      throw error;
    }
  });
}
