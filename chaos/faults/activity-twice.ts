import type { Fault } from '../fault';

/** Every activity does its work twice: the second time finds it done. */
export const activityTwice: Fault = {
  name: 'activity twice',
  times: 2,
  strike: () => Promise.resolve(), // the worker does it all by itself
  suits: ({ when }) => when === 'after',
};
