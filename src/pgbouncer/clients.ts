import { describeDrain, longestWaitMs, type DrainInput } from '../migration/drain';
import type { Cluster, Layout } from '../postgres/cluster';
import { ConsoleFailed, namesOf } from './console';
import { lookAtAll, type Seen } from './look';
import { shortTimeouts } from './timeouts';

/** Clients could not be held back for as long as it will take. Nothing was touched. */
export class ClientsWouldFail extends Error {
  override name = 'ClientsWouldFail';
}

/** Name of the check whose acceptance lets a phase go on in spite of timeouts that are too short. */
const ACCEPTED_AS = 'pgbouncer-timeouts';

/**
 * Looks once more, after the rehearsal, whether the PgBouncers can be paused and let their clients wait for long enough.
 * @param predictedOutageMs as the rehearsal measured it; where there was none, the pre-flight's estimate was the last word.
 * @returns how clients are held back, in a sentence.
 * @throws ClientsWouldFail naming what is in the way.
 */
export async function checkClients(
  cluster: Cluster,
  paths: Layout,
  drain: DrainInput | undefined,
  predictedOutageMs: number | undefined,
  accept: readonly string[],
): Promise<string> {
  const told = describeDrain(drain, namesOf(cluster.entry));
  if (!drain) return told;
  const seen = await lookAtAll(cluster, paths);
  const problems = seen.flatMap((each) => {
    if (each instanceof ConsoleFailed) return [each.message];
    if (predictedOutageMs === undefined || accept.includes(ACCEPTED_AS)) return [];
    return tooShort(each, longestWaitMs(drain, predictedOutageMs));
  });
  if (problems.length === 0) return told;
  throw new ClientsWouldFail(
    `Clients of ${cluster.name} can't be held back; nothing was stopped. ${problems.join(' ')} ` +
      `Timeouts can be raised in PgBouncer, or accepted as ${ACCEPTED_AS}.`,
  );
}

function tooShort({ name, config }: Seen, waitMs: number | undefined): string[] {
  const wait = waitMs === undefined ? 'without a bound' : `${Math.ceil(waitMs)} ms, deadline and predicted outage,`;
  return shortTimeouts(config, waitMs).map(
    ({ setting, seconds, whose }) =>
      `PgBouncer ${name}: ${setting} is ${seconds} s, and ${whose} may have to wait ${wait} for the server.`,
  );
}
