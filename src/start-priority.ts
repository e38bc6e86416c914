import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/**
 * Loading this module, which has to be the first, puts the process behind all others of the machine until
 * `atUsualPriority` is called. Starting a worker takes a processor for one to two seconds, and one that is restarted in
 * the middle of an outage would take them from pg_upgrade.
 *
 * Linux shares processors out between sessions where it groups by them (autogroup), else between threads by their nice
 * values. A process that could not go back starts as usual: commands and durable jobs would inherit what it is stuck with.
 */
/** One share of a processor beside everybody else's three. More would keep a worker off a busy machine for minutes. */
const BEHIND = 5;
const MOST = 19;
const CAP_SYS_NICE = 23n;
const AUTOGROUP = '/proc/self/autogroup';

const threads = mayGoBack() ? getPriority() : undefined;
const session = ownSession();
if (threads !== undefined) nice(Math.min(threads + BEHIND, MOST));
if (session !== undefined) writeFileSync(AUTOGROUP, String(Math.min(session + BEHIND, MOST)));

/** Ends what loading this module began. Call it when the worker is ready, before it runs anything. */
export function atUsualPriority(): void {
  if (threads !== undefined) nice(threads);
  if (session !== undefined) writeFileSync(AUTOGROUP, String(session));
}

/** A nice value belongs to a thread, and new threads inherit it. */
function nice(value: number): void {
  for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), value);
}

function mayGoBack(): boolean {
  const [, capabilities] = /^CapEff:\s*(\w+)$/m.exec(proc('status')) ?? [];
  return capabilities !== undefined && ((BigInt(`0x${capabilities}`) >> CAP_SYS_NICE) & 1n) === 1n;
}

/** The nice value of this process's session, if it leads one, which is then no other's; below 0 it could not go back to. */
function ownSession(): number | undefined {
  const leader = Number(proc('stat').split(') ').at(-1)?.split(' ')[3]);
  const [, value] = / nice (\d+)$/m.exec(proc('autogroup')) ?? [];
  return leader === process.pid && value !== undefined ? Number(value) : undefined;
}

function proc(file: string): string {
  const path = `/proc/self/${file}`;
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
