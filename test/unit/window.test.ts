import * as fc from 'fast-check';
import { windowSchema, type MaintenanceWindow } from '../../src/inventory/schema';
import { nextWindow } from '../../src/inventory/window';

/** `from`–`to` of a window and an instant, and the window that is open or opens next, all in UTC. */
function next(window: Partial<MaintenanceWindow>, at: string): string {
  const { opensAt, closesAt } = nextWindow(windowSchema.parse({ from: '22:00', to: '23:00', ...window }), new Date(at));
  return `${short(opensAt)} ${short(closesAt)}`;
}

function short(moment: Date): string {
  return moment.toISOString().slice(0, 16);
}

describe('a window', () => {
  test('that is open is the one that is returned, its first moment included and its last not', () => {
    expect(next({}, '2026-01-07T22:00:00Z')).toBe('2026-01-07T22:00 2026-01-07T23:00');
    expect(next({}, '2026-01-07T22:59:59.999Z')).toBe('2026-01-07T22:00 2026-01-07T23:00');
    expect(next({}, '2026-01-07T23:00:00Z')).toBe('2026-01-08T22:00 2026-01-08T23:00');
  });

  test('opens on its days only', () => {
    expect(next({ days: ['sat', 'tue'] }, '2026-01-07T12:00:00Z')).toBe('2026-01-10T22:00 2026-01-10T23:00');
    expect(next({ days: ['wed'] }, '2026-01-07T23:30:00Z')).toBe('2026-01-14T22:00 2026-01-14T23:00');
  });

  test('that passes midnight belongs to the day on which it begins', () => {
    const friday = { days: ['fri'], to: '02:00' } as const;
    expect(next({ ...friday, days: ['fri'] }, '2026-01-10T01:00:00Z')).toBe('2026-01-09T22:00 2026-01-10T02:00');
    expect(next({ ...friday, days: ['fri'] }, '2026-01-09T01:00:00Z')).toBe('2026-01-09T22:00 2026-01-10T02:00');
  });

  test('that ends when it begins lasts a day', () => {
    expect(next({ from: '04:00', to: '04:00' }, '2026-01-07T03:00:00Z')).toBe('2026-01-06T04:00 2026-01-07T04:00');
  });

  test('is in its own time zone, whose day may be another', () => {
    const tokyo = { timezone: 'Asia/Tokyo', from: '01:00', to: '03:00', days: ['thu' as const] };
    expect(next(tokyo, '2026-01-07T12:00:00Z')).toBe('2026-01-07T16:00 2026-01-07T18:00');
  });

  test('in a time zone that there is not is refused with its name', () => {
    expect(() => next({ timezone: 'Europe/Berln' }, '2026-01-07T12:00:00Z')).toThrow(
      expect.objectContaining({ name: 'InventoryError', message: expect.stringContaining('"Europe/Berln"') }),
    );
  });
});

describe('when the clocks go forward', () => {
  // Berlin: 02:00 → 03:00 on 2026-03-29 at 01:00 UTC.
  const berlin = { timezone: 'Europe/Berlin' };

  test('a beginning that is skipped is the moment of the change', () => {
    expect(next({ ...berlin, from: '02:30', to: '04:00' }, '2026-03-28T12:00:00Z')).toBe(
      '2026-03-29T01:00 2026-03-29T02:00',
    );
  });

  test('an end that is skipped is the moment of the change', () => {
    expect(next({ ...berlin, from: '00:30', to: '02:30' }, '2026-03-28T12:00:00Z')).toBe(
      '2026-03-28T23:30 2026-03-29T01:00',
    );
  });

  test('a window that is skipped whole does not open that day', () => {
    const night = { ...berlin, from: '02:15', to: '02:45' };
    expect(next(night, '2026-03-28T12:00:00Z')).toBe('2026-03-30T00:15 2026-03-30T00:45');
    expect(next({ ...night, days: ['sun'] }, '2026-03-22T12:00:00Z')).toBe('2026-04-05T00:15 2026-04-05T00:45');
  });

  test('a zone that changes by half an hour is no exception', () => {
    // Lord Howe: 02:00 → 02:30 on 2026-10-04 at 15:30 UTC of the day before.
    const night = { timezone: 'Australia/Lord_Howe', from: '02:15', to: '03:00' };
    expect(next(night, '2026-10-03T12:00:00Z')).toBe('2026-10-03T15:30 2026-10-03T16:00');
  });
});

describe('when the clocks go back', () => {
  test('a time that comes twice is the first of the two', () => {
    // New York: 02:00 → 01:00 on 2026-11-01 at 06:00 UTC.
    const york = { timezone: 'America/New_York' };
    expect(next({ ...york, from: '01:15', to: '01:45' }, '2026-11-01T00:00:00Z')).toBe(
      '2026-11-01T05:15 2026-11-01T05:45',
    );
    expect(next({ ...york, from: '01:30', to: '04:00' }, '2026-11-01T00:00:00Z')).toBe(
      '2026-11-01T05:30 2026-11-01T09:00',
    );
    expect(next({ ...york, from: '01:15', to: '01:45' }, '2026-11-01T06:20:00Z')).toBe(
      '2026-11-02T06:15 2026-11-02T06:45',
    );
  });

  test('by half an hour as well', () => {
    // Lord Howe: 02:00 → 01:30 on 2026-04-05 at 15:00 UTC of the day before.
    const night = { timezone: 'Australia/Lord_Howe', from: '01:45', to: '03:00' };
    expect(next(night, '2026-04-04T12:00:00Z')).toBe('2026-04-04T14:45 2026-04-04T16:30');
  });
});

describe('compared with a look at the clock every minute', () => {
  const MINUTE = 60_000;
  const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

  /** What the clock shows, `2026-03-29 03:00`, at every minute of three weeks around a change of the clocks. */
  function minutesAround(timeZone: string, day: string): { start: number; shown: string[] } {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    const start = Date.parse(day) - 3 * 1440 * MINUTE;
    return { start, shown: Array.from({ length: 21 * 1440 }, (_, minute) => format.format(start + minute * MINUTE)) };
  }

  const addDays = (date: string, days: number): string =>
    new Date(Date.parse(date) + days * 1440 * MINUTE).toISOString().slice(0, 10);

  function byScan(clock: { start: number; shown: string[] }, window: MaintenanceWindow, at: number): string {
    const firstAt = (text: string): number => clock.start + clock.shown.findIndex((shown) => shown >= text) * MINUTE;
    let day = addDays(clock.shown[Math.floor((at - clock.start) / MINUTE)].slice(0, 10), -1);
    for (; ; day = addDays(day, 1)) {
      if (!window.days.includes(DAYS[(new Date(day).getUTCDay() + 6) % 7])) continue;
      const opens = firstAt(`${day} ${window.from}`);
      const closes = firstAt(`${window.to > window.from ? day : addDays(day, 1)} ${window.to}`);
      if (closes > opens && closes > at) return `${short(new Date(opens))} ${short(new Date(closes))}`;
    }
  }

  const timeOfDay = fc
    .oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 240 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 1439 }) },
    )
    .map((minute) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`);

  test.each([
    ['Europe/Berlin', '2026-03-29'],
    ['Europe/Berlin', '2026-10-25'],
    ['America/New_York', '2026-03-08'],
    ['America/New_York', '2026-11-01'],
    ['Australia/Lord_Howe', '2026-04-05'],
    ['Australia/Lord_Howe', '2026-10-04'],
    ['America/Havana', '2026-03-08'], // midnight itself is skipped
    ['America/Havana', '2026-11-01'],
    ['Pacific/Apia', '2011-12-30'], // a whole day is skipped
    ['Asia/Kathmandu', '2026-06-01'],
  ])('%s around %s', (timezone, day) => {
    const clock = minutesAround(timezone, day);
    const days = fc.subarray([...DAYS], { minLength: 1 });
    const at = fc.integer({ min: 2 * 1440 * MINUTE, max: 5 * 1440 * MINUTE });
    fc.assert(
      fc.property(days, timeOfDay, timeOfDay, at, (on, from, to, after) => {
        const window = { days: on, from, to, timezone };
        const { opensAt, closesAt } = nextWindow(window, new Date(clock.start + after));
        expect(`${short(opensAt)} ${short(closesAt)}`).toBe(byScan(clock, window, clock.start + after));
        expect(opensAt.getTime() % MINUTE).toBe(0);
      }),
    );
  });
});
