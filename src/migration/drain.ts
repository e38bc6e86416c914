import { z } from 'zod';
import { duration, milliseconds } from './duration';

export const DRAIN_CHOICES = ['give-up', 'terminate', 'wait'] as const;

/** How clients are held back before the stop of the old server. */
export const drainInput = z.strictObject({
  /** How long the transactions that are open may take to end, once new ones are held back. */
  deadline: duration.default('30s'),
  /**
   * What happens then: `give-up` lets the clients go on with the old server and ends the phase, `terminate` ends their
   * sessions and names each, `wait` waits on without end.
   */
  then: z.enum(DRAIN_CHOICES).default('give-up'),
  /** For clients that connect without PgBouncer: transactions are read-only by default until the stop. */
  readOnly: z.boolean().default(false),
});

export type DrainInput = z.infer<typeof drainInput>;

/** How a cluster is drained: as asked, by default where a PgBouncer is there, and otherwise not at all. */
export function drainOf(pgbouncers: number, asked?: z.input<typeof drainInput>): DrainInput | undefined {
  return asked !== undefined || pgbouncers > 0 ? drainInput.parse(asked ?? {}) : undefined;
}

/** The longest time that a client waits behind PgBouncer: the drain and then the outage. Undefined where there is no bound. */
export function longestWaitMs(drain: DrainInput, outageMs: number): number | undefined {
  return drain.then === 'wait' ? undefined : milliseconds(drain.deadline) + outageMs;
}

/** How a cluster is drained, in a sentence for the plan. */
export function describeDrain(drain: DrainInput | undefined, pgbouncers: string[]): string {
  if (!drain) return 'not held back: no PgBouncer is listed and no drain is asked for, so the stop ends every session';
  const held = [
    ...pgbouncers.map((each) => `PgBouncer ${each} is paused`),
    ...(drain.readOnly ? ['transactions of other clients become read-only by default'] : []),
  ];
  const then = {
    'give-up': 'the clients go on with the old server and the phase ends',
    terminate: 'their sessions are ended and named',
    wait: 'it is waited on',
  }[drain.then];
  const first = held.length > 0 ? `just before the stop ${held.join(', ')}; ` : '';
  return `${first}open transactions have ${milliseconds(drain.deadline) / 1000} s to end, then ${then}`;
}
