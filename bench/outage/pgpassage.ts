import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { upgradeActivities } from '../../src/activities/upgrade';
import type { PhaseRef } from '../../src/migration/phase';
import type { Outage } from '../../src/postgres/upgrade/outage';
import type { Contender } from '../benchmark';
import { phaseOf } from './prepare';

// A failure is said where the benchmark ends, and not by the worker's code too.
const logger = new DefaultLogger('ERROR');

/** The activity `outage` itself, as a worker would run it: counters, CHECKPOINT, and the durable job. */
export const pgpassage: Contender = async (stage, ending) => {
  const environment = new MockActivityEnvironment({}, { logger });
  const end = (): void => environment.cancel('CANCELLED');
  ending.addEventListener('abort', end, { once: true });
  try {
    const { outage } = upgradeActivities(stage.clusters);
    return (await environment.run<[PhaseRef], Outage, typeof outage>(outage, phaseOf(stage))).marks;
  } finally {
    ending.removeEventListener('abort', end);
  }
};
