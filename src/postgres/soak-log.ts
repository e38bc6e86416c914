import { posix } from 'node:path';
import { output } from '../hosts/host';
import type { Measured, SoakCursor } from '../migration/soak';
import type { Cluster } from './cluster';
import { LOG_SCRIPT } from './soak-log-script';

type LogCursor = NonNullable<SoakCursor['log']>;

/** What a server says of its log. */
export interface LogSettings {
  /** The collector's current file, relative to the data directory unless absolute; null where there is no collector. */
  file: string | null;
  destination: string;
  /** lc_messages: severities are translated in the log. */
  language: string;
  dataDirectory: string;
  /** The current minute by the server's clock in log_timezone: `2026-03-29 01:59`. */
  minute: string;
}

/** What has happened in the server's log since the look before. */
export interface LogLook {
  measured: Measured;
  /** Whether all sessions were ended because one process had crashed. */
  crashed: boolean;
  cursor: LogCursor;
}

/** The log can't be watched; the message says why. */
export class NotWatched extends Error {
  override name = 'NotWatched';
}

/** More than this is not read at one look: it would take seconds. The newest part counts. */
const MOST_BYTES = 32 * 1024 ** 2;

/**
 * Where the server writes its log. `usual` is the inventory's file, for a server without a collector.
 * @throws NotWatched when that is no file, or one whose errors can't be told by their English names.
 */
export function logFile(settings: LogSettings, usual: string): string {
  const { file, destination, language, dataDirectory } = settings;
  if (!/^(C|POSIX|en)\b|^en_/.test(language)) {
    throw new NotWatched(`lc_messages is '${language}': errors are only told from other lines in English`);
  }
  if (file !== null) return posix.resolve(dataDirectory, file);
  if (destination.includes('stderr')) return usual;
  throw new NotWatched(`log_destination is ${destination}: there is no log file to read`);
}

/**
 * Reads what was logged since the look before; at the first look, nothing. `now.minute` is {@link LogSettings.minute}, or
 * empty when the server does not answer; `now.at` is the worker's time in milliseconds.
 * @throws NotWatched when there is no such file. @throws CommandFailed when it can't be read.
 */
export async function readLog(
  cluster: Cluster,
  now: { file: string; minute: string; at: number },
  before: LogCursor | undefined,
): Promise<LogLook> {
  const { file, at } = now;
  const as = { user: cluster.entry.osUser, env: { LC_ALL: 'C' } };
  if ((await cluster.host.run({ argv: ['test', '-f', file], ...as })).exitCode !== 0) {
    throw new NotWatched(`there is no log file ${file}`);
  }
  const known = before === undefined ? 'first' : before.file === file ? before.inode : 'another';
  const position = [known, before?.bytes ?? 0, before?.minute ?? '', before?.errors ?? 0, now.minute, MOST_BYTES];
  const argv = ['sh', '-c', LOG_SCRIPT, 'sh', file, ...position.map(String)];
  const fields = (await output(cluster.host, { argv, ...as })).trim().split('|');
  const [inode, start, bytes, worst, most, timeless, crashes, minute, errors] = fields;
  // Lines without a time are spread over the time since the look before.
  const spread = Number(timeless) / Math.max(1, (at - (before?.at ?? at)) / 60_000);
  const value = Number(most) + spread;
  return {
    measured: { value, detail: `${Number(value.toFixed(1))} errors a minute ${worst ? `at ${worst} ` : ''}in ${file}` },
    crashed: Number(crashes) > 0,
    cursor: { file, inode, bytes: Number(start) + Number(bytes), minute, errors: Number(errors), at },
  };
}
