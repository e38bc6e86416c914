import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './cli-error';
import type { Answer, Call } from './command';
import type { Temporal } from './connect';
import { EXIT } from './exit-codes';
import { isAway } from './grpc';
import { look, type Look } from './look';
import { describeRun, isRunning, type RunReference } from './runs';
import { screenFor, type Screen } from './screen';

const EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 3_000;

/**
 * Shows a migration until it ends; the exit code tells how. An absence of Temporal or of the worker is said and waited
 * out: the migration does not depend on being watched.
 */
export async function watch(call: Call<unknown>, begun: RunReference): Promise<Answer> {
  const temporal = await call.temporal();
  const screen = screenFor(call.terminal, call.options.output);
  let reference = begun;
  for (;;) {
    const seen = await tryLook(temporal, reference, screen);
    // A long migration is continued as new: from then on it is the later run that tells.
    reference = seen?.run ?? reference;
    if (seen?.progress) screen.show(seen.progress);
    if (seen && !isRunning(seen.run)) return end(call, seen);
    await sleep(EVERY_MS);
  }
}

async function tryLook(temporal: Temporal, watched: RunReference, screen: Screen): Promise<Look | undefined> {
  try {
    const run = await temporal.within(ANSWER_WITHIN_MS, () => describeRun(temporal, watched));
    const seen = await look(temporal, run);
    screen.trouble(undefined);
    return seen;
  } catch (error) {
    screen.trouble(troubleOf(error, temporal));
    return undefined;
  }
}

/** What to say of an error that waiting may mend. @throws the error otherwise. */
function troubleOf(error: unknown, { address }: Temporal): string {
  if (error instanceof CliError && error.exit === EXIT.unreachable) return error.message;
  if (isAway(error))
    return `Temporal at ${address} does not answer. What it has begun on the hosts goes on; trying again until it answers.`;
  throw error;
}

function end({ terminal }: Call<unknown>, { failure, exit }: Look): Answer {
  if (failure) terminal.err(`${failure}\n`);
  return { exit };
}
