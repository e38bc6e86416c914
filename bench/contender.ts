import type { Mark } from '../src/postgres/upgrade/outage-script';
import type { Stage } from './stage';

/** Whose outage is measured. */
export const CONTENDERS = ['pgpassage', 'runbook', 'floor'] as const;
export type ContenderName = (typeof CONTENDERS)[number];

/**
 * Takes the old server down and the new one up.
 * @returns when each part of it began, with the mark `served` at the end.
 */
export type Contender = (stage: Stage, ending: AbortSignal) => Promise<Mark[]>;
