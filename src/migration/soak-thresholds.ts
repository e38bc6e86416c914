import { z } from 'zod';
import { duration, milliseconds } from './duration';

const UNITS: Record<string, number> = { kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };
const SIZE = /^(\d+(?:\.\d+)?) ?(kB|MB|GB|TB)$/;

const size = z.union([
  z.number().nonnegative(),
  z.string().regex(SIZE, 'a size such as 50MB is needed; units are kB, MB, GB and TB, of 1024 each'),
]);

/** Bytes of a size as PostgreSQL writes sizes: `50MB` is 50 × 1024 × 1024. */
function bytes(value: z.infer<typeof size>): number {
  if (typeof value === 'number') return value;
  const [, amount, unit] = SIZE.exec(value)!;
  return Number(amount) * UNITS[unit];
}

const percent = z.number().min(0).max(100);
const count = z.number().nonnegative();
const offOr = <T extends z.ZodType>(threshold: T) =>
  z.union([z.literal('off'), threshold], { error: 'either "off" or an object of limits is needed' });

/** What is wrong at once when it is seen, and how grave that is. The names are stable: `ignore` and reports refer to them. */
export const PROBLEMS = {
  'no-answer': 'critical',
  'wrong-version': 'critical',
  'other-version-runs': 'critical',
  'read-only': 'critical',
  crash: 'critical',
  'invalid-index': 'critical',
  'database-unreachable': 'critical',
  'standby-lost': 'warning',
  'archiver-failing': 'warning',
} as const;

/**
 * When a measure of the soak becomes an alarm: beyond its limit at every look for as long as `lasting` says. Each part
 * may be left out, and `"off"` instead of an object ends the watching of that measure.
 */
export const soakThresholds = z
  .strictObject({
    /** Client statements that run `longerThan` at the moment of the look: how many more than before the phase. */
    'slow-queries': offOr(
      z.strictObject({
        longerThan: duration.default('1s'),
        over: count.default(0),
        lasting: duration.default('5m'),
      }),
    ).prefault({}),
    /** WAL that the slowest standby or subscriber has not replayed yet. */
    'replica-lag': offOr(z.strictObject({ over: size.default('50MB'), lasting: duration.default('5m') })).prefault({}),
    /** Percent of the host's processors, all of them together, since the look before. */
    cpu: offOr(z.strictObject({ over: percent.default(80), lasting: duration.default('10m') })).prefault({}),
    /** Percent free where the data directory, pg_wal and tablespaces are, whichever has least. */
    'free-disk': offOr(z.strictObject({ under: percent.default(20), lasting: duration.default(0) })).prefault({}),
    /** ERROR, FATAL and PANIC lines of the server's log in the worst minute since the look before. */
    'log-errors': offOr(z.strictObject({ over: count.default(10), lasting: duration.default(0) })).prefault({}),
    /** Age of the oldest transaction of a client: it holds back vacuum, and the next phase's stop would end it. */
    'long-transaction': offOr(z.strictObject({ over: duration.default('1h'), lasting: duration.default(0) })).prefault(
      {},
    ),
    /** Age of the oldest prepared transaction: pg_upgrade refuses to start while there is one. */
    'prepared-transaction': offOr(
      z.strictObject({ over: duration.default('1h'), lasting: duration.default(0) }),
    ).prefault({}),
    /** Problems (see {@link PROBLEMS}) that are expected and raise no alarm, such as the loss of a standby that was removed. */
    ignore: z.array(z.enum(Object.keys(PROBLEMS) as [keyof typeof PROBLEMS])).default([]),
  })
  .prefault({});

export type SoakThresholds = z.infer<typeof soakThresholds>;
export type Measure = Exclude<keyof SoakThresholds, 'ignore'>;

/** A threshold with its units resolved. */
export interface Limit {
  /** In the measure's own unit: statements, bytes, percent, errors, milliseconds. */
  value: number;
  /** Which side of it is the wrong one. */
  wrong: 'above' | 'below';
  /** Milliseconds. */
  lasting: number;
}

/** The limit of one measure, or undefined where it is switched off. `before`: the measure's value before the phase. */
export function limitOf(thresholds: SoakThresholds, measure: Measure, before: number): Limit | undefined {
  const threshold = thresholds[measure];
  if (threshold === 'off') return undefined;
  const lasting = milliseconds(threshold.lasting);
  if ('under' in threshold) return { value: threshold.under, wrong: 'below', lasting };
  if ('longerThan' in threshold) return { value: before + threshold.over, wrong: 'above', lasting };
  return { value: valueOf(measure, threshold.over), wrong: 'above', lasting };
}

function valueOf(measure: Measure, over: number | string): number {
  if (measure === 'replica-lag') return bytes(over);
  return typeof over === 'number' ? over : milliseconds(over);
}
