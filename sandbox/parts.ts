import { join } from 'node:path';
import { run } from './command';
import { projectRoot } from './project-root';

/** The major versions of PostgreSQL that the sandbox can run. */
export type MajorVersion = 15 | 16 | 17 | 18;

/** Where the real parts are on this machine. */
export interface Parts {
  /** Path of the `temporal` CLI, which holds the dev server. */
  temporal: string;
  /** Path of the time-skipping `temporal-test-server`. */
  temporalTestServer: string;
  /** The bin directory of each major version of PostgreSQL. */
  postgres: Record<MajorVersion, string>;
}

let found: Promise<Parts> | undefined;

/**
 * Finds the real parts, fetching into the cache what is not there (see provision.sh, which says so on stderr). Asks
 * once per process.
 * @throws Error naming what is missing and how to give it by hand.
 */
export function parts(): Promise<Parts> {
  found ??= provision();
  return found;
}

async function provision(): Promise<Parts> {
  const script = join(projectRoot(), 'sandbox', 'provision.sh');
  // The first run downloads about 120 MB: people want to see that, and slow lines need the time.
  const stdout = await run(['bash', script], { stderr: 'inherit', timeoutMs: 30 * 60_000 });
  return JSON.parse(stdout) as Parts;
}
