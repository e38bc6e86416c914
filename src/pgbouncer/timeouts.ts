import type { Mode } from '../migration/input';

/** A timeout of PgBouncer's that would end waiting clients. */
export interface ShortTimeout {
  setting: 'query_wait_timeout' | 'client_login_timeout';
  seconds: number;
  /** Whose wait it ends. */
  whose: string;
}

const TIMEOUTS: Record<ShortTimeout['setting'], string> = {
  query_wait_timeout: 'clients that have sent a query',
  // A login that needs the server (auth_query, the first one of a pool) waits for RESUME too.
  client_login_timeout: 'clients that connect during the drain',
};

/**
 * Which of PgBouncer's timeouts are shorter than a wait.
 * @param config SHOW CONFIG by key; seconds, 0 for none.
 * @param waitMs undefined for a wait without a bound.
 */
export function shortTimeouts(config: Readonly<Record<string, string>>, waitMs: number | undefined): ShortTimeout[] {
  return (Object.keys(TIMEOUTS) as ShortTimeout['setting'][]).flatMap((setting) => {
    const seconds = Number(config[setting] ?? 0);
    const enough = seconds === 0 || (waitMs !== undefined && seconds * 1000 > waitMs);
    return enough ? [] : [{ setting, seconds, whose: TIMEOUTS[setting] }];
  });
}

/** Said where no rehearsal has measured it yet: what a small machine does, rounded up. Milliseconds. */
export function roughOutageMs(mode: Mode | undefined, dataBytes: number): number {
  const withoutFiles = 15_000;
  const copiedBytesPerMs = 100_000; // 100 MB/s
  return withoutFiles + (mode === undefined || mode === 'copy' ? dataBytes / copiedBytesPerMs : 0);
}
