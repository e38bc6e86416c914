import { endBelow } from '../sandbox/end-below';
import { endProcess } from '../sandbox/processes';
import { startedProcesses } from './state-file';

/** The worker lets an activity end for up to ten seconds. */
const PATIENCE_MS = 15_000;

/**
 * Ends all that a demo started: worker, Temporal, and all that runs in its directory, which stays.
 * @throws AggregateError of what could not be ended; the rest is ended all the same.
 */
export function endDemo(directory: string): Promise<void> {
  const started = startedProcesses(directory).reverse();
  return endBelow(
    directory,
    started.map((process) => () => endProcess(process, PATIENCE_MS)),
  );
}
