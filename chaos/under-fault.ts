import type { Arena } from './arena';
import { Attempt } from './attempt';
import type { Cell } from './cell';
import type { Fault } from './fault';
import { nameOf, type Point } from './points';

/** Attempts in a row in which not one point that is left was come to. */
const MOST_IDLE = 2;

/**
 * Lets the fault strike at every point: each attempt at as many as it comes to. One that was undone is followed by the next,
 * which finds the same server; one that completed is followed by the next version's.
 */
export async function underFault(
  arena: Arena,
  fault: Fault,
  all: readonly Point[],
  tell: (text: string) => void,
): Promise<Cell[][]> {
  const todo = all.filter((point) => fault.suits?.(point) ?? true);
  const attempts: Cell[][] = [];
  let idle = 0;
  await arena.reset(fault.times ?? 1);
  while (todo.length > 0 && idle <= MOST_IDLE) {
    if (!arena.next) await arena.reset(fault.times ?? 1);
    const hop = `${arena.version} → ${arena.next}`;
    const { ended, cells } = await new Attempt(arena, fault, todo).run();
    for (const cell of cells) tell(inWords(cell));
    tell(`${fault.name}, ${hop}: ${firstLine(ended.said)}`);
    idle = cells.length === 0 ? idle + 1 : 0;
    attempts.push(cells);
    // What does not hold any more is no ground for the next attempt.
    if (cells.some(({ outcome }) => outcome === 'lost')) await arena.reset(fault.times ?? 1);
  }
  await cleanAttempt(arena, fault, attempts);
  attempts.push(todo.map((point) => neverReached(point, fault)));
  return attempts;
}

/** A phase that was undone has to go through when nothing disturbs it. */
async function cleanAttempt(arena: Arena, fault: Fault, attempts: Cell[][]): Promise<void> {
  const last = attempts.at(-1)?.at(-1);
  if (last?.outcome !== 'undone') return;
  const before = arena.version;
  await new Attempt(arena, fault, []).run();
  if (arena.version === before)
    Object.assign(last, { outcome: 'lost', why: 'the next attempt did not go through either' });
}

function inWords({ fault, step, outcome, outageMs, why }: Cell): string {
  return `${fault}, ${step}: ${outcome}, outage ${outageMs} ms${why ? ` (${firstLine(why)})` : ''}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}

function neverReached(point: Point, fault: Fault): Cell {
  const why = 'no attempt came to this point';
  return { step: nameOf(point), fault: fault.name, outcome: 'lost', missing: 0, outageMs: 0, why };
}
