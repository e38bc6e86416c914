import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { z } from 'zod';
import { FAILURE } from '../../migration/failures';
import { issuesOf } from '../../migration/messages';
import { PathError } from '../../migration/path';
import type { Finding } from '../../postgres/preflight/check';

/** Ends the workflow at once; the message names the field. A plain error thrown by workflow code would be retried for ever. */
export function invalidInput(message: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: FAILURE.invalidInput,
    nonRetryable: true,
    message: `${message} Nothing was touched.`,
  });
}

/** Ends the workflow, or the part of it that is undone, for a reason that trying again would not mend. */
export function failure(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, nonRetryable: true, message });
}

/**
 * Makes the failure of an activity the workflow's own, so that its type and message are seen without unwrapping Temporal's
 * "Activity task failed". To be wrapped around what a workflow does outside of phases.
 */
export async function plainly<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    throw ApplicationFailure.create({ type: typeOf(error), nonRetryable: true, message: reason(error) });
  }
}

/** Checks a workflow's input. @throws ApplicationFailure of type InvalidInput that names the fields. */
export function parseInput<S extends z.ZodType>(schema: S, raw: unknown): z.infer<S> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw invalidInput(`${issuesOf(parsed.error)}. An example: {"cluster": "orders", "to": 18}.`);
}

/** Runs a pure function that may find the input impossible. */
export function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PathError) throw invalidInput(`${error.field}: ${error.message}`);
    throw error;
  }
}

/** What went wrong, in the words of the activity rather than in Temporal's wrapping. */
export function reason(error: unknown): string {
  if (error instanceof ActivityFailure && error.cause) return error.cause.message;
  return error instanceof Error ? error.message : String(error);
}

/** The stable type of a failure, or undefined. */
export function typeOf(error: unknown): string | undefined {
  const inner = error instanceof ActivityFailure ? error.cause : error;
  return inner instanceof ApplicationFailure ? (inner.type ?? undefined) : undefined;
}

/** The failure of a phase that its pre-flight stopped, with every blocker in words. */
export function blocked(label: string, blockers: Finding[]): ApplicationFailure {
  const lines = blockers.map(
    ({ check, database, object, seen, action }) =>
      `- ${check}: ${object}${database ? ` in database ${database}` : ''}: ${seen} ${action}`,
  );
  return ApplicationFailure.create({
    type: FAILURE.preflight,
    nonRetryable: true,
    message: `${label}: the pre-flight found ${blockers.length} blocker(s); nothing was touched.\n${lines.join('\n')}`,
    details: [blockers],
  });
}
