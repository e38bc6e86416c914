import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabImpossible } from './requirements';
import { LAB_DIRECTORY } from './names';

const FILE = join(LAB_DIRECTORY, 'owner');

/** Says in the lab that it is this process's. */
export function own(): void {
  writeFileSync(FILE, String(process.pid));
}

/** Whether the lab is this process's. */
export function isOwn(): boolean {
  return owner() === process.pid;
}

/** @throws LabImpossible while another process that runs has made a lab of this number. */
export function requireNoOther(): void {
  const pid = owner();
  if (pid === undefined || pid === process.pid || !runs(pid)) return;
  throw new LabImpossible(
    `Process ${pid} has a lab of this number: wait for its end, or set PGPASSAGE_LAB to another one, 1 to 9.`,
  );
}

function owner(): number | undefined {
  try {
    return Number(readFileSync(FILE, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
