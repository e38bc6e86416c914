import {
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/common';
import { CommanderError } from 'commander';
import { BadMessage } from '../migration/messages';
import { CliError } from './cli-error';
import { EXIT } from './exit-codes';
import { failureOf } from './failure-exit';
import { GRPC, grpcCode, grpcText, isAway } from './grpc';

/** Turns whatever a command threw into a sentence and an exit code. */
export function explain(error: unknown): CliError {
  if (error instanceof CliError) return error;
  // Commander has printed its own message by then; help and version come this way too.
  if (error instanceof CommanderError) return new CliError(error.exitCode === 0 ? EXIT.ok : EXIT.usage, '');
  if (error instanceof BadMessage) return new CliError(EXIT.usage, `${error.message}. Nothing was sent.`);
  return ofWorkflow(error) ?? ofService(error) ?? new CliError(EXIT.unexpected, unexpected(error), { cause: error });
}

function ofWorkflow(error: unknown): CliError | undefined {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    return new CliError(
      EXIT.unreachable,
      'No worker answered in time, so whether the message was taken is not known. Look at `pgpassage status` before sending it again.',
    );
  }
  if (error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError) {
    const { exit, message } = failureOf(error);
    return new CliError(exit, message, { cause: error });
  }
  return undefined;
}

function ofService(error: unknown): CliError | undefined {
  if (error instanceof NamespaceNotFoundError) {
    return new CliError(
      EXIT.unreachable,
      `Temporal has no namespace "${error.namespace}". Set the right one with TEMPORAL_NAMESPACE or --namespace.`,
    );
  }
  if (error instanceof WorkflowNotFoundError) {
    return new CliError(
      EXIT.noSuchMigration,
      `Temporal has no workflow ${error.workflowId} that takes this (${error.message}). Look at \`pgpassage list\`.`,
    );
  }
  const code = grpcCode(error);
  if (code === GRPC.permissionDenied || code === GRPC.unauthenticated) {
    return new CliError(
      EXIT.unreachable,
      `Temporal refused the credentials: ${grpcText(error)}. Look at TEMPORAL_API_KEY, the TLS settings and the profile.`,
    );
  }
  if (!isAway(error)) return undefined;
  return new CliError(
    EXIT.unreachable,
    `Temporal stopped answering (${grpcText(error) ?? (error as Error).message}). A migration under way goes on by itself; try again, or look at the service.`,
  );
}

function unexpected(error: unknown): string {
  const causes = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `Unexpected: ${error instanceof Error ? error.message : String(error)}${causes}. What Temporal has begun goes on by itself; look at \`pgpassage status\` or the Temporal UI.`;
}
