import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { marks, type Mark } from '../../src/postgres/upgrade/outage-script';
import { WORK, type Stage } from '../stage';

const LOOK_EVERY_MS = 20;

/** pg_upgrade says it after its checks and its dump, when it begins to change the new cluster. */
const UPGRADING = /^Performing Upgrade$/gm;

const PARTS = 'stop, upgrade, middle, start, served';

/** Waits until pg_upgrade is in the middle of its work, and returns when that was seen. */
export async function untilUpgrading(stage: Stage, signal: AbortSignal): Promise<number> {
  while (!outputs(stage).some((output) => output.match(UPGRADING))) await sleep(LOOK_EVERY_MS, undefined, { signal });
  return Date.now();
}

/**
 * When each part of the outage began, and between them when its middle was seen.
 * @throws Error unless pg_upgrade ran once, and all through that moment.
 */
export function outageMarks(stage: Stage, middle: number): Mark[] {
  const all = outputs(stage);
  const runs = all.flatMap((output) => output.match(UPGRADING) ?? []).length;
  if (runs !== 1) throw new Error(`pg_upgrade ran ${runs} times instead of once.`);
  const seen = [...marks(all.join('\n')), { name: 'middle', at: middle }].sort((a, b) => a.at - b.at);
  const parts = seen.map(({ name }) => name).join(', ');
  if (parts !== PARTS) throw new Error(`The outage went through ${parts} instead of ${PARTS}.`);
  return seen;
}

/** What the outage's durable jobs have printed so far; the worker's own user runs them. */
function outputs({ root }: Stage): string[] {
  const jobs = join(root, WORK, 'jobs', 'self');
  if (!existsSync(jobs)) return [];
  return readdirSync(jobs)
    .filter((id) => id.endsWith('.outage'))
    .map((id) => join(jobs, id, 'output'))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'));
}
