import type { Activities } from '../src/activities';

/** A moment of a migration at which a fault strikes. */
export interface Point {
  /** The activity. */
  step: keyof Activities;
  /**
   * - `before`: the activity has been handed to the worker and has done nothing yet
   * - `in`: a program of its durable job runs
   * - `after`: it has done everything, and Temporal does not know yet: the answer can get lost
   */
  when: 'before' | 'in' | 'after';
  /** The program whose run is waited for: a pattern for a process's whole command line. */
  program?: string;
}

/** The activities of one phase and its gate, in their order. */
const STEPS = [
  'describeCluster',
  'chooseMode',
  'preflight',
  'openPhase',
  'takeEvidence',
  'takeBackup',
  'prepareTarget',
  'rehearse',
  'outage',
  'putBackForgotten',
  'handOverService',
  'refreshStatistics',
  'updateExtensions',
  'compareEvidence',
  'sampleSoak',
] as const satisfies readonly (keyof Activities)[];

/** Programs in whose middle a fault strikes. */
const PROGRAMS: [keyof Activities, string][] = [
  ['preflight', 'pg_upgrade.*--check'],
  ['takeBackup', 'pg_basebackup'],
  ['prepareTarget', 'initdb'],
  ['rehearse', 'pg_upgrade'],
  ['outage', 'pg_ctl.*stop|systemctl stop'],
  ['outage', 'pg_upgrade'],
  ['outage', 'pg_dump|pg_restore'],
];

export type StepName = (typeof STEPS)[number];

/** Every point, in the order in which a phase comes to them. @param steps only these. */
export function points(steps: readonly string[] = STEPS): Point[] {
  return STEPS.filter((step) => steps.includes(step)).flatMap((step): Point[] => [
    { step, when: 'before' },
    ...PROGRAMS.filter(([of]) => of === step).map(([, program]): Point => ({ step, when: 'in', program })),
    { step, when: 'after' },
  ]);
}

export const STEP_NAMES: readonly string[] = STEPS;

/** `in takeBackup (pg_basebackup)`. */
export function nameOf({ step, when, program }: Point): string {
  return `${when} ${step}${program ? ` (${program})` : ''}`;
}
