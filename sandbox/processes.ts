import { setTimeout as sleep } from 'node:timers/promises';
import { tryRun } from './command';

/** A process that the demo started, known well enough to be found again by another program. */
export interface StartedProcess {
  name: string;
  /** Leader of a process group of its own. */
  pid: number;
  /** When it began, as `ps` says it: a later process of the same pid is another one. */
  began: string;
}

const LOOK_EVERY_MS = 50;

/** Describes a process that runs now. @throws Error when it has ended already. */
export async function describeProcess(name: string, pid: number): Promise<StartedProcess> {
  const began = await beginning(pid);
  if (began === undefined) throw new Error(`${name} (process ${pid}) has ended at once.`);
  return { name, pid, began };
}

/**
 * Ends a process and then what it left in its group: SIGTERM, and SIGKILL after `patienceMs`. Does nothing when it has
 * ended, even if its pid belongs to another process by now.
 */
export async function endProcess({ pid, began }: StartedProcess, patienceMs: number): Promise<void> {
  if ((await beginning(pid)) !== began) return;
  send(pid, 'SIGTERM');
  const deadline = Date.now() + patienceMs;
  while ((await beginning(pid)) === began) {
    if (Date.now() > deadline) send(pid, 'SIGKILL');
    await sleep(LOOK_EVERY_MS);
  }
  send(-pid, 'SIGTERM');
}

/** Asks all descendants of this process to end: the commands under way. */
export async function endChildren(): Promise<void> {
  const { stdout } = await tryRun(['ps', '-A', '-o', 'pid=,ppid=']);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    pairs.filter(([, ppid]) => ppid === parent).flatMap(([pid]) => [pid, ...below(pid)]);
  for (const pid of below(process.pid)) send(pid, 'SIGTERM');
}

/** When the process began, or undefined when it is gone; one that only waits to be reaped is gone. */
async function beginning(pid: number): Promise<string | undefined> {
  const { stdout } = await tryRun(['ps', '-o', 'stat=,lstart=', '-p', String(pid)]);
  const [state, ...began] = stdout.trim().split(/\s+/);
  return state === '' || state.startsWith('Z') ? undefined : began.join(' ');
}

/** Sends a signal to a process, which may have ended in the meantime. @throws Error where it may not be signalled. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Ended in the meantime, which is what is wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
