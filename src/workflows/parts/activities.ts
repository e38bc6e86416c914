import {
  ActivityCancellationType,
  proxyActivities,
  type ActivityInterfaceFor,
  type ActivityOptions,
} from '@temporalio/workflow';
import type { Activities } from '../../activities';

/** A worker that died is noticed after this long without a heartbeat; activities send one every second. */
const HEARTBEAT_TIMEOUT = '10s';

const patient = { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s' } as const;

const given = {
  startToCloseTimeout: '7d',
  heartbeatTimeout: HEARTBEAT_TIMEOUT,
  retry: { ...patient, maximumAttempts: 12 },
} as const;

/**
 * How insistently an activity is tried.
 * - `try`: steps that change nothing or can be given up: about five minutes of attempts, then the phase is undone.
 * - `make`: the same for steps whose compensation removes what they make: cancelling waits until the step has ended.
 * - `insist`: the outage and everything that undoes: tried until it ends, because giving up would leave a cluster half done.
 * - `once`: the soak's samples, which come again by themselves.
 */
export const INSISTENCE = {
  try: given,
  make: { ...given, cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED },
  insist: { startToCloseTimeout: '7d', heartbeatTimeout: HEARTBEAT_TIMEOUT, retry: patient },
  once: { startToCloseTimeout: '2m', heartbeatTimeout: HEARTBEAT_TIMEOUT, retry: { maximumAttempts: 1 } },
} as const satisfies Record<string, ActivityOptions>;

export type Insistence = keyof typeof INSISTENCE;

/** Runs one activity with a summary that the Temporal UI shows beside it. */
export function activity<K extends keyof Activities>(
  insistence: Insistence,
  name: K,
  summary: string,
  ...args: Parameters<Activities[K]>
): Promise<Awaited<ReturnType<Activities[K]>>> {
  const options = { ...INSISTENCE[insistence], summary };
  const proxy = proxyActivities<Activities>(options) as ActivityInterfaceFor<Activities>;
  const call = proxy[name] as unknown as (
    ...input: Parameters<Activities[K]>
  ) => Promise<Awaited<ReturnType<Activities[K]>>>;
  return call(...args);
}
