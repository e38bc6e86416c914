import { CommandFailed } from '../hosts/host';
import type { Problem, SoakCursor, SoakSample } from '../migration/soak';
import { layout, type Cluster } from './cluster';
import { cpuLoad, freeDisk } from './soak-host';
import { logFile, NotWatched, readLog, type LogLook } from './soak-log';
import { compared, logProblems, noAnswer, otherVersions, serverProblems } from './soak-problems';
import { askServer, said, tellsOfServer, type ServerLook } from './soak-server';
import { runningVersions } from './upgrade/world';

/** What a look may be told. */
export interface SampleOptions {
  /** How long a statement may run before it counts as slow, in milliseconds. Default 1,000. */
  slowAfterMs?: number;
}

/** What was seen, or why nothing could be. */
type Attempt<T> = { seen: T; failed?: undefined } | { seen?: undefined; failed: string };

const SLOW_AFTER_MS = 1_000;

/**
 * Looks once at a cluster that has been migrated to `expectedVersion`. Changes nothing. A server that does not answer is a
 * problem in the sample. `cursor` is the look before's; without one, this look is what later ones are compared with.
 * @throws CommandFailed when the host can't be reached, SecretError when the admin's password is missing: neither says
 *   anything about the server.
 */
export async function sampleSoak(
  cluster: Cluster,
  expectedVersion: number,
  cursor: SoakCursor = {},
  options: SampleOptions = {},
): Promise<SoakSample> {
  const at = Date.now();
  cluster.password(); // throws here, where it is not taken for a server that does not answer
  const [server, running, cpu, disk] = await Promise.all([
    attempt(askServer(cluster, options.slowAfterMs ?? SLOW_AFTER_MS), tellsOfServer),
    runningVersions(cluster),
    cpuLoad(cluster.host, cursor.cpu),
    attempt(freeDisk(cluster, layout(cluster, expectedVersion)), notToBeSeen),
  ]);
  const log = await attempt(lookAtLog(cluster, expectedVersion, server.seen, cursor.log, at), notToBeSeen);
  return {
    at,
    answered: server.seen !== undefined,
    measures: {
      ...server.seen?.measures,
      cpu: cpu.measured,
      ...(disk.seen && { 'free-disk': disk.seen }),
      ...(log.seen && { 'log-errors': log.seen.measured }),
    },
    problems: [
      ...(server.seen ? serverProblems(server.seen, cursor, expectedVersion) : [noAnswer(cluster, server.failed)]),
      ...otherVersions(running, expectedVersion),
      ...(log.seen ? logProblems(log.seen) : []),
    ],
    unwatched: [...unwatched('free-disk', disk), ...unwatched('log-errors', log)],
    cursor: {
      ...(server.seen ? compared(server.seen, cursor) : cursor),
      cpu: cpu.cursor,
      // A file that is missing for a moment, while it is rotated, is gone on with afterwards.
      log: log.seen?.cursor ?? cursor.log,
    },
  };
}

async function attempt<T>(look: Promise<T>, expected: (error: unknown) => boolean): Promise<Attempt<T>> {
  try {
    return { seen: await look };
  } catch (error) {
    if (!expected(error)) throw error;
    return { failed: said(error) };
  }
}

function notToBeSeen(error: unknown): boolean {
  return error instanceof CommandFailed || error instanceof NotWatched;
}

function unwatched(name: string, attempted: Attempt<unknown>): Problem[] {
  return attempted.failed === undefined ? [] : [{ name, detail: attempted.failed }];
}

async function lookAtLog(
  cluster: Cluster,
  version: number,
  server: ServerLook | undefined,
  before: SoakCursor['log'],
  at: number,
): Promise<LogLook> {
  const usual = layout(cluster, version).logFile;
  // What a server said last before it stopped answering stands where it was writing then.
  const file = server ? logFile(server.log, usual) : (before?.file ?? usual);
  return readLog(cluster, { file, minute: server?.log.minute ?? '', at }, before);
}
