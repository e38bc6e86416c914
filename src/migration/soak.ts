import type { Measured, SoakSample } from './soak-sample';
import { limitOf, PROBLEMS, type Limit, type Measure, type SoakThresholds } from './soak-thresholds';

export type { Measured, Problem, SoakCursor, SoakSample } from './soak-sample';
export { soakThresholds, type SoakThresholds } from './soak-thresholds';

/**
 * `critical`: speaks against the version that serves, so that a rollback would help. `warning`: a person has to look, but
 * a rollback would not help. Both hold the gate.
 */
export type AlarmSeverity = 'critical' | 'warning';

/** Something is wrong now. */
export interface Alarm {
  /** A measure's or a problem's name. */
  name: string;
  severity: AlarmSeverity;
  /** When it was first seen to be wrong, without a break since (milliseconds since the epoch). */
  since: number;
  detail: string;
}

/** An alarm for the report: whether it still stands or has cleared. */
export interface RaisedAlarm {
  name: string;
  severity: AlarmSeverity;
  /** When it first and last stood, in milliseconds since the epoch. */
  first: number;
  last: number;
  /** How often it was raised: more than one means that it cleared and came back. */
  times: number;
  /** As it was when last seen. */
  detail: string;
}

/** What {@link judge} remembers of the looks before. Plain data. */
export interface SoakState {
  /** Time of the last look. */
  at: number;
  /** Measures before the phase, for thresholds that are relative to it. */
  before: Partial<Record<Measure, number>>;
  /** Since when each measure has been beyond its limit. */
  beyond: Partial<Record<Measure, number>>;
  alarms: Alarm[];
  /** Every alarm that was ever raised, by first raising. */
  raised: RaisedAlarm[];
}

const SEVERITY: Record<Measure, AlarmSeverity> = {
  'slow-queries': 'critical',
  'log-errors': 'critical',
  'replica-lag': 'warning',
  cpu: 'warning',
  'free-disk': 'warning',
  'long-transaction': 'warning',
  'prepared-transaction': 'warning',
};
const MEASURES = Object.keys(SEVERITY) as Measure[];

/** The state before the first look. `before`: looks at the cluster before the phase; the highest value of each counts. */
export function initialSoakState(before: readonly SoakSample[] = []): SoakState {
  const highest: SoakState['before'] = {};
  for (const measure of MEASURES) {
    const values = before.flatMap((sample) => sample.measures[measure]?.value ?? []);
    if (values.length > 0) highest[measure] = Math.max(...values);
  }
  return { at: 0, before: highest, beyond: {}, alarms: [], raised: [] };
}

/**
 * Takes one look into account. Pure. A measure that a look could not take neither raises nor clears anything: its clock
 * goes on, and whether it was beyond its limit all the time is for the next look to say.
 * @returns the state for the next look and the alarms that stand now, critical ones first.
 */
export function judge(
  state: SoakState,
  sample: SoakSample,
  thresholds: SoakThresholds,
): { state: SoakState; alarms: Alarm[] } {
  // Looks may come from workers whose clocks differ; time does not go back for that.
  const at = Math.max(state.at, sample.at);
  const beyond: SoakState['beyond'] = {};
  const alarms = problemAlarms(state, sample, thresholds, at);
  for (const measure of MEASURES) {
    const limit = limitOf(thresholds, measure, state.before[measure] ?? 0);
    if (!limit) continue;
    const since = beyondSince(state, measure, sample.measures[measure], limit, at);
    if (since === undefined) continue;
    beyond[measure] = since;
    const alarm = measureAlarm(state, measure, sample.measures[measure], limit, at - since);
    if (alarm) alarms.push({ ...alarm, since });
  }
  alarms.sort((one, other) => rank(one) - rank(other) || one.since - other.since || (one.name < other.name ? -1 : 1));
  return { state: { at, before: state.before, beyond, alarms, raised: recall(state, alarms, at) }, alarms };
}

function rank(alarm: Alarm): number {
  return alarm.severity === 'critical' ? 0 : 1;
}

function problemAlarms(state: SoakState, sample: SoakSample, thresholds: SoakThresholds, at: number): Alarm[] {
  const ignored: readonly string[] = thresholds.ignore;
  const seen = sample.problems.filter((problem) => !ignored.includes(problem.name));
  const standing = state.alarms.filter((alarm) => !(alarm.name in SEVERITY));
  const kept = sample.answered ? [] : standing.filter((alarm) => !seen.some((problem) => problem.name === alarm.name));
  return [
    ...kept,
    ...seen.map(({ name, detail }) => ({
      name,
      severity: (PROBLEMS as Record<string, AlarmSeverity>)[name] ?? 'warning',
      since: standing.find((alarm) => alarm.name === name)?.since ?? at,
      detail,
    })),
  ];
}

function beyondSince(
  state: SoakState,
  measure: Measure,
  measured: Measured | undefined,
  limit: Limit,
  at: number,
): number | undefined {
  if (!measured) return state.beyond[measure];
  const wrong = limit.wrong === 'above' ? measured.value > limit.value : measured.value < limit.value;
  return wrong ? (state.beyond[measure] ?? at) : undefined;
}

function measureAlarm(
  state: SoakState,
  measure: Measure,
  measured: Measured | undefined,
  limit: Limit,
  lasted: number,
): Omit<Alarm, 'since'> | undefined {
  if (!measured) return state.alarms.find((alarm) => alarm.name === measure);
  if (lasted < limit.lasting) return undefined;
  return { name: measure, severity: SEVERITY[measure], detail: measured.detail };
}

function recall(state: SoakState, alarms: readonly Alarm[], at: number): RaisedAlarm[] {
  const raised = new Map(state.raised.map((entry) => [entry.name, entry]));
  for (const { name, severity, since, detail } of alarms) {
    const entry = raised.get(name) ?? { name, severity, first: since, last: at, times: 0, detail };
    const stood = state.alarms.some((alarm) => alarm.name === name);
    raised.set(name, { ...entry, last: at, times: entry.times + (stood ? 0 : 1), detail });
  }
  return [...raised.values()];
}
