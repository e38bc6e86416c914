import type { Arena } from './arena';
import { activityTwice } from './faults/activity-twice';
import { diskFull } from './faults/disk-full';
import { hostUnreachable } from './faults/host-unreachable';
import { postgresKilled } from './faults/postgres-killed';
import { powerCut } from './faults/power-cut';
import { sshCut } from './faults/ssh-cut';
import { temporalKilled } from './faults/temporal-killed';
import { workerKilled } from './faults/worker-killed';
import type { Point } from './points';

/** Something that happens to real machines. */
export interface Fault {
  name: string;
  /** Strikes, and returns when what a person or a supervisor does about it has been done. */
  strike(arena: Arena, point: Point): Promise<void>;
  /** Where it can strike; everywhere without it. */
  suits?(point: Point): boolean;
  /** How often the worker does each activity; once without it. */
  times?: number;
}

export const FAULTS: readonly Fault[] = [
  workerKilled,
  temporalKilled,
  sshCut,
  hostUnreachable,
  postgresKilled,
  powerCut,
  diskFull,
  activityTwice,
];
