import { QueryNotRegisteredError, WorkflowFailedError } from '@temporalio/client';
import type { Progress } from '../migration/progress';
import { CliError } from './cli-error';
import type { Temporal } from './connect';
import { EXIT, type ExitCode } from './exit-codes';
import { failureOf, type Failure } from './failure-exit';
import { GRPC, grpcCode, isAway } from './grpc';
import { isRunning, type Run } from './runs';
import { noWorker, workerPresent } from './worker-present';

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
    const failure = failureOf(error);
    const { message, details, exit } = failure;
    return {
      run,
      progress: details.find(isProgress) ?? (await lastProgress(temporal, run, failure)),
      failure: message,
      exit,
    };
  }
}

/** Where a workflow stood whose failure does not tell; a worker can still say it, and without one it stays unknown. */
async function lastProgress(temporal: Temporal, run: Run, { message, exit }: Failure): Promise<Progress | undefined> {
  try {
    const progress = await query(temporal, run);
    return progress && { ...progress, status: message, ...(exit === EXIT.stopped ? STOPPED : FAILED) };
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
}

const STOPPED = { outcome: 'stopped', next: 'Look at the host before anything else.' } as const;
const FAILED = { outcome: 'failed', next: 'Mend the cause, then start again.' } as const;

async function query(temporal: Temporal, run: Run): Promise<Progress | undefined> {
  if (!(await workerPresent(temporal))) throw standing(temporal, run);
  try {
    return await temporal.within(QUERY_TIMEOUT_MS, () =>
      temporal.client.workflow.getHandle(run.workflowId, run.runId).query<Progress>('progress'),
    );
  } catch (error) {
    // In its first moments a workflow has not set its handlers yet.
    if (error instanceof QueryNotRegisteredError) return undefined;
    if (!isAway(error) && grpcCode(error) !== GRPC.failedPrecondition) throw error;
    throw standing(temporal, run, error);
  }
}

function standing(temporal: Temporal, { memo }: Run, cause?: unknown): CliError {
  const last = typeof memo?.status === 'string' ? ` It last said: ${memo.status}.` : '';
  const untouched = `So the migration does not move, and what its steps began on the host goes on.${last}`;
  return new CliError(EXIT.unreachable, noWorker(temporal, untouched), { cause });
}

function isProgress(value: unknown): value is Progress {
  return typeof value === 'object' && value !== null && 'phases' in value && 'outcome' in value;
}
