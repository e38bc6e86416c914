import type { Fault } from '../fault';

/** The Temporal service is killed and started again; its state is on disk. */
export const temporalKilled: Fault = {
  name: 'Temporal killed',
  strike: (arena) => arena.killTemporal(),
};
