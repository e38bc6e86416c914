/** A moment of a migration at which a fault strikes. */
export interface Point {
  /** The step, see {@link STEPS}. */
  step: string;
  /**
   * - `before`: its activity has been handed to the worker and has done nothing yet
   * - `in`: a program that it started on the host runs
   * - `after`: it has done everything, and Temporal does not know yet: the answer can get lost
   */
  when: 'before' | 'in' | 'after';
  /** The program whose run is waited for, in a process's whole command line. */
  program?: RegExp;
}

/** The steps of one phase and its gate in their order: activities, told apart where one serves twice. */
const STEPS = [
  'describeCluster',
  'chooseMode',
  'preflight',
  'openPhase',
  'takeEvidence',
  'takeBackup',
  'prepareTarget',
  'rehearse',
  'baseline',
  'outage',
  'putBackForgotten',
  'handOverService',
  'refreshStatistics',
  'updateExtensions',
  'takeEvidence again',
  'compareEvidence',
  'gate',
];

/** Programs in whose middle a fault strikes. */
const PROGRAMS: [string, RegExp][] = [
  ['preflight', /initdb/],
  ['takeBackup', /pg_basebackup/],
  ['prepareTarget', /initdb/],
  ['rehearse', /pg_upgrade/],
  ['outage', /pg_upgrade/],
  ['outage', /pg_dump|pg_restore/],
];

export const STEP_NAMES: readonly string[] = STEPS;

/** Every point of the steps, in the order in which a phase comes to them. */
export function points(steps: readonly string[]): Point[] {
  return STEPS.filter((step) => steps.includes(step)).flatMap((step): Point[] => [
    { step, when: 'before' },
    ...PROGRAMS.filter(([of]) => of === step).map(([, program]): Point => ({ step, when: 'in', program })),
    { step, when: 'after' },
  ]);
}

/** `in takeBackup (pg_basebackup)`. */
export function nameOf({ step, when, program }: Point): string {
  return `${when} ${step}${program ? ` (${program.source})` : ''}`;
}

/** Whether it is the migration's business alone which server runs; at any other time a person on duty may start one. */
export function inOutage({ step, when }: Point): boolean {
  return step === 'outage' && when === 'in';
}

/** The step that an activity is part of. @param opened whether the outage is over. */
export function stepOf(activity: string, opened: boolean): string {
  if (activity === 'sampleSoak') return opened ? 'gate' : 'baseline';
  return activity === 'takeEvidence' && opened ? 'takeEvidence again' : activity;
}
