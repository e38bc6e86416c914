import type { Problem, SoakCursor } from '../migration/soak';
import type { PROBLEMS } from '../migration/soak-thresholds';
import type { Cluster } from './cluster';
import type { LogLook } from './soak-log';
import type { ServerLook } from './soak-server';

/** Histories hold the details, so that a list of hundreds is cut. */
const MOST_NAMED = 5;

const problem = (name: keyof typeof PROBLEMS, detail: string): Problem => ({ name, detail });

/** The server was asked and said nothing of use. */
export function noAnswer(cluster: Cluster, reason: string): Problem {
  return problem('no-answer', `no answer on port ${cluster.entry.port} of ${cluster.host.name}: ${reason}`);
}

/** What a server that answers shows to be wrong, compared with the first look where that matters. */
export function serverProblems(server: ServerLook, before: SoakCursor, expectedVersion: number): Problem[] {
  const { archiver } = server;
  const lost = missing(before.standbys ?? [], server.standbys);
  const appeared = missing(server.invalidIndexes, before.invalidIndexes ?? server.invalidIndexes);
  return [
    ...when(server.version !== expectedVersion, 'wrong-version', `${server.version} serves, not ${expectedVersion}`),
    ...when(server.inRecovery, 'read-only', 'the server is in recovery: it takes no writes'),
    ...when(lost.length > 0, 'standby-lost', `no longer replicating: ${named(lost)}`),
    ...when(appeared.length > 0, 'invalid-index', `not usable since the first look: ${named(appeared)}`),
    ...when(
      archiver.failing && archiver.failed > wellBefore(server, before),
      'archiver-failing',
      `archiving fails since the segment ${archiver.wal}; ${archiver.failed} failures in all`,
    ),
    ...server.unreachable,
  ];
}

/** Servers of other versions that run on their data directories beside the one that should. */
export function otherVersions(running: readonly number[], expectedVersion: number): Problem[] {
  const others = running.filter((version) => version !== expectedVersion);
  return when(
    others.length > 0,
    'other-version-runs',
    `the server of ${others.join(' and ')} runs on its data directory`,
  );
}

/** What only the log tells. */
export function logProblems(log: LogLook): Problem[] {
  return when(log.crashed, 'crash', `a server process crashed and all sessions were ended; see ${log.cursor.file}`);
}

/** What the next look compares with. */
export function compared(server: ServerLook, before: SoakCursor): SoakCursor {
  return {
    standbys: before.standbys ?? server.standbys,
    invalidIndexes: before.invalidIndexes ?? server.invalidIndexes,
    // While it fails the count stays, so that the problem stands until a segment has got through.
    archiverFailed: server.archiver.failing ? wellBefore(server, before) : server.archiver.failed,
  };
}

/** Failures when the archiver was last well; pg_upgrade and pg_stat_reset_shared begin the count anew. */
function wellBefore({ archiver }: ServerLook, { archiverFailed }: SoakCursor): number {
  if (archiverFailed === undefined) return archiver.failed;
  return archiverFailed > archiver.failed ? 0 : archiverFailed;
}

function when(wrong: boolean, name: keyof typeof PROBLEMS, detail: string): Problem[] {
  return wrong ? [problem(name, detail)] : [];
}

/** Names of `all` that `present` does not have, or not as often: standbys may share a name. */
function missing(all: readonly string[], present: readonly string[]): string[] {
  const rest = [...present];
  return all.filter((name) => {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

function named(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
