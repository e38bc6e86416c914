import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { FAILURE } from '../migration/failures';
import { EXIT, type ExitCode } from './exit-codes';

/** Why a workflow or an update failed, without Temporal's wrapping. */
export interface Failure {
  /** The stable type of the failure, where it has one. */
  type?: string;
  message: string;
  details: unknown[];
  exit: ExitCode;
}

const EXITS: Record<string, ExitCode> = {
  Refused: EXIT.refused,
  [FAILURE.invalidInput]: EXIT.usage,
  [FAILURE.preflight]: EXIT.blocked,
  [FAILURE.rehearsal]: EXIT.blocked,
  [FAILURE.outageRolledBack]: EXIT.rolledBack,
  [FAILURE.conversionRefused]: EXIT.rolledBack,
  [FAILURE.vectorsDiffer]: EXIT.rolledBack,
  [FAILURE.lossNotAccepted]: EXIT.refused,
  [FAILURE.serviceDown]: EXIT.failed,
  [FAILURE.rollbackIncomplete]: EXIT.failed,
};

/** The failure that stands behind an error of the client: the outermost one that says what happened. */
export function failureOf(error: unknown): Failure {
  const chain = causes(error);
  const application = chain.find((each) => each instanceof ApplicationFailure);
  if (application) {
    const type = application.type ?? undefined;
    const details = application.details ?? [];
    return { type, message: application.message, details, exit: EXITS[type ?? ''] ?? EXIT.failed };
  }
  const ended = chain.map(endedFromOutside).find((message) => message !== undefined);
  if (ended) return { message: ended, details: [], exit: EXIT.stopped };
  return { message: chain.at(-1)?.message ?? String(error), details: [], exit: EXIT.unexpected };
}

function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}

function endedFromOutside(error: Error): string | undefined {
  if (error instanceof TerminatedFailure) {
    return "The workflow was terminated, so nothing was undone. Look at the host, then at the rollback.sh in the phase's backup directory.";
  }
  if (error instanceof CancelledFailure) return 'The workflow was cancelled.';
  return error instanceof TimeoutFailure ? 'The workflow timed out.' : undefined;
}
