import { InventoryError } from './load';
import type { MaintenanceWindow } from './schema';

const DAY_MS = 86_400_000;
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
/** A day that the clocks leave no window on is passed over; the same weekday comes again a week later. */
const LOOK_AHEAD_DAYS = 15;

/** What the wall clock of a time zone shows, as if it were UTC, in milliseconds since the epoch. */
type WallClock = (instant: number) => number;

/**
 * The window that is open at `at`, or the next one to open: opensAt ≤ at < closesAt when it is open.
 *
 * A window belongs to the day on which it begins; one whose end is not later than its beginning passes midnight. Each
 * limit is the first moment at which the wall clock shows that time or a later one. So a time that the clocks skip in
 * spring means the moment of the change, and one that they show twice in autumn means the first of the two. A window
 * that the clocks skip whole does not open on that day.
 * @throws InventoryError for a time zone that this worker does not know.
 */
export function nextWindow(window: MaintenanceWindow, at: Date): { opensAt: Date; closesAt: Date } {
  const wallClock = wallClockOf(window.timezone);
  const [from, to] = [minutes(window.from), minutes(window.to)];
  const today = Math.floor(wallClock(at.getTime()) / DAY_MS) * DAY_MS;
  // Yesterday's window may have passed midnight.
  for (let day = -1; day <= LOOK_AHEAD_DAYS; day += 1) {
    const midnight = today + day * DAY_MS;
    if (!window.days.includes(WEEKDAYS[new Date(midnight).getUTCDay()])) continue;
    const opensAt = firstMoment(wallClock, midnight + from);
    const closesAt = firstMoment(wallClock, midnight + to + (to > from ? 0 : DAY_MS));
    if (closesAt > opensAt && closesAt > at.getTime())
      return { opensAt: new Date(opensAt), closesAt: new Date(closesAt) };
  }
  throw new InventoryError(
    `window: ${window.from} to ${window.to} in ${window.timezone} never opens in the two weeks after ${at.toISOString()}`,
  );
}

/** Milliseconds after midnight of a time of day. */
function minutes(timeOfDay: string): number {
  const [hour, minute] = timeOfDay.split(':').map(Number);
  return (hour * 60 + minute) * 60_000;
}

/** The first instant at which the wall clock shows `wall` or a later time. */
function firstMoment(wallClock: WallClock, wall: number): number {
  const [before, after] = [wall - DAY_MS, wall + DAY_MS].map((instant) => wall - (wallClock(instant) - instant));
  const shown = [before, after].filter((instant) => wallClock(instant) === wall);
  if (shown.length > 0) return Math.min(...shown);
  return changeBetween(wallClock, Math.min(before, after), Math.max(before, after));
}

/** The instant at which the clocks change, between one before and one after it. */
function changeBetween(wallClock: WallClock, before: number, after: number): number {
  const offset = (instant: number) => wallClock(instant) - instant;
  let [early, late] = [before, after];
  while (late - early > 1) {
    const middle = Math.floor((early + late) / 2);
    if (offset(middle) === offset(after)) late = middle;
    else early = middle;
  }
  return late;
}

function wallClockOf(timeZone: string): WallClock {
  const format = formatFor(timeZone);
  return (instant) => {
    const parts = format.formatToParts(instant).map((part) => [part.type, Number(part.value)]);
    const { year, month, day, hour, minute, second } = Object.fromEntries(parts) as Record<string, number>;
    return Date.UTC(year, month - 1, day, hour, minute, second) + (((instant % 1000) + 1000) % 1000);
  };
}

function formatFor(timeZone: string): Intl.DateTimeFormat {
  const numeric = 'numeric';
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InventoryError(
      `window: the time zone "${timeZone}" is not known; a name such as Europe/Berlin or UTC is needed`,
    );
  }
}
