import { output } from '../../hosts/host';
import { layout, type Cluster, type Standby } from '../cluster';
import { withSql } from '../connection';
import { startServer } from '../service';
import { lookAt } from '../upgrade/world';
import { lookAtStandby } from './look';

/** A standby runs and does not stream from its primary. The message ends with what its log says. */
export class DoesNotStream extends Error {
  override name = 'DoesNotStream';
}

/** A standby that gets no WAL for this long does not stream; one that catches up is waited for as long as it takes. */
const STUCK_MS = 60_000;

/** Starts a standby of that version where it does not run. @throws CommandFailed with what the service manager said. */
export async function startStandby(standby: Standby, version: number): Promise<void> {
  if (!(await lookAt(standby, version)).running) await startServer(standby, version);
}

/**
 * Waits until the standby streams and has replayed up to where the primary is now.
 * @throws DoesNotStream when it gets no further for a minute.
 */
export async function followsPrimary(
  cluster: Cluster,
  standby: Standby,
  version: number,
  progress: (what: string) => void,
): Promise<void> {
  const position = await primaryPosition(cluster);
  let best = Infinity;
  let since = Date.now();
  for (;;) {
    const { streaming, left, why } = await look(standby, position);
    if (streaming && left <= 0) return;
    if (left < best) [best, since] = [left, Date.now()];
    if (Date.now() - since > STUCK_MS) {
      throw new DoesNotStream(
        `${standby.name}: PostgreSQL ${version} on ${standby.host.name} does not follow its primary (${why}). The end of its log:\n` +
          (await endOfLog(standby, version)),
      );
    }
    progress(`standby ${standby.standby}: ${streaming ? `${left} bytes to replay` : why}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function primaryPosition(cluster: Cluster): Promise<string> {
  const [row] = await withSql(cluster, {}, (sql) =>
    sql.query<{ position: string }>('select pg_current_wal_flush_lsn()::text as position'),
  );
  return row.position;
}

async function look(standby: Standby, position: string): Promise<{ streaming: boolean; left: number; why: string }> {
  try {
    const facts = await lookAtStandby(standby);
    const [row] = await withSql(standby, {}, (sql) =>
      sql.query<{ left: string }>('select pg_wal_lsn_diff($1, $2)::text as left', [position, facts.replayed]),
    );
    const why = `its WAL receiver is ${facts.receiver ?? 'not running'}`;
    return { streaming: facts.receiver === 'streaming', left: Number(row.left), why };
  } catch (error) {
    return { streaming: false, left: Infinity, why: `it does not answer: ${(error as Error).message}` };
  }
}

async function endOfLog(standby: Standby, version: number): Promise<string> {
  const script = 'if [ -r "$1" ]; then tail -n 15 -- "$1"; else echo "(none at $1)"; fi';
  const argv = ['sh', '-c', script, 'sh', layout(standby, version).logFile];
  return output(standby.host, { argv, user: standby.entry.osUser });
}
