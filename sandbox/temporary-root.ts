import { chown, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverUser } from './os-user';

/** A directory for one sandbox: servers' data, sockets, logs. */
export interface TemporaryRoot {
  path: string;
  /** Removes it with all that is in it. Stop the servers first. */
  remove(): Promise<void>;
}

// A Unix socket's path has at most 107 bytes; a long TMPDIR would leave no room for what comes after it.
const LONGEST_BASE = 40;

/** Makes a directory with a short name that belongs to the servers' OS user. */
export async function temporaryRoot(): Promise<TemporaryRoot> {
  const base = await realpath(tmpdir());
  const path = await mkdtemp(join(base.length > LONGEST_BASE ? '/tmp' : base, 'pgp-'));
  const { uid, gid } = serverUser();
  await chown(path, uid, gid);
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
