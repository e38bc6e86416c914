import { QueryNotRegisteredError, WorkflowFailedError } from '@temporalio/client';
import type { Progress } from '../migration/progress';
import { CliError } from './cli-error';
import type { Temporal } from './connect';
import { EXIT, type ExitCode } from './exit-codes';
import { failureOf } from './failure-exit';
import { GRPC, grpcCode, isAway } from './grpc';
import { isRunning, type Run } from './runs';
import { noWorker } from './worker-present';

/** How long a worker may take to answer a query: replaying a long history takes a while. */
const QUERY_TIMEOUT_MS = 10_000;

/** A migration as it stands. */
export interface Look {
  run: Run;
  progress?: Progress;
  /** Why it failed, where it did. */
  failure?: string;
  /** Exit code that tells how it ended; `ok` while it runs. */
  exit: ExitCode;
}

const OUTCOMES: Record<Progress['outcome'], ExitCode> = {
  running: EXIT.ok,
  completed: EXIT.ok,
  'rolled back': EXIT.rolledBack,
  stopped: EXIT.stopped,
  failed: EXIT.failed,
};

/**
 * Reads where a migration stands: by query while it runs, from its result once it ended, which needs no worker.
 * @throws CliError when no worker answers.
 */
export async function look(temporal: Temporal, run: Run): Promise<Look> {
  if (isRunning(run)) return { run, progress: await query(temporal, run), exit: EXIT.ok };
  try {
    const progress = await temporal.client.workflow
      .getHandle<() => Promise<Progress>>(run.workflowId, run.runId)
      .result();
    return { run, progress, exit: OUTCOMES[progress.outcome] };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { message, details, exit } = failureOf(error);
    return {
      run,
      progress: details.find(isProgress) ?? (await lastProgress(temporal, run, message)),
      failure: message,
      exit,
    };
  }
}

/** Where a workflow stood that was cancelled or terminated; a worker can still tell, and without one it stays unknown. */
async function lastProgress(temporal: Temporal, run: Run, message: string): Promise<Progress | undefined> {
  try {
    const progress = await query(temporal, run);
    return (
      progress && { ...progress, outcome: 'stopped', status: message, next: 'Look at the host before anything else.' }
    );
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

async function query(temporal: Temporal, { workflowId, runId, memo }: Run): Promise<Progress | undefined> {
  try {
    return await temporal.within(QUERY_TIMEOUT_MS, () =>
      temporal.client.workflow.getHandle(workflowId, runId).query<Progress>('progress'),
    );
  } catch (error) {
    // In its first moments a workflow has not set its handlers yet.
    if (error instanceof QueryNotRegisteredError) return undefined;
    if (!isAway(error) && grpcCode(error) !== GRPC.failedPrecondition) throw error;
    const last = typeof memo?.status === 'string' ? ` It last said: ${memo.status}.` : '';
    throw new CliError(
      EXIT.unreachable,
      noWorker(temporal, `So the migration does not move, and what its steps began on the host goes on.${last}`),
      { cause: error },
    );
  }
}

function isProgress(value: unknown): value is Progress {
  return typeof value === 'object' && value !== null && 'phases' in value && 'outcome' in value;
}
