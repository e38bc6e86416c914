import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { find } from '../sandbox/stop-servers';

const LOG_LINES = 15;
const LINE_CHARACTERS = 500;

/**
 * Removes what is large from an ended demo's directory, the data directories and base backups. What tells how it came
 * to its end stays: logs, the phases' evidence, and what pg_upgrade left in its own log directory.
 */
export async function keepEvidence(directory: string): Promise<void> {
  for (const file of await find(directory, 'pg_upgrade_output.d')) {
    await rename(file, join(directory, `pg_upgrade-${basename(dirname(dirname(file)))}-${basename(dirname(file))}`));
  }
  for (const file of await find(directory, 'PG_VERSION')) {
    await rm(dirname(file), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The end of a log, its lines cut to a length that a terminal can show. */
export async function endOfLog(file: string): Promise<string[]> {
  if (!existsSync(file)) return [];
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n').slice(-LOG_LINES);
  return lines.map((line) => line.slice(0, LINE_CHARACTERS));
}
