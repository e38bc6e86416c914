import type { Fault } from '../fault';
import { inOutage } from '../points';

/** Every PostgreSQL process of the host is killed, whichever server's; the one that served is started again. */
export const postgresKilled: Fault = {
  name: 'postgres killed',
  strike: async (arena, point) => {
    await arena.host.run(['sh', '-c', 'pkill -KILL -x postgres || true']); // in the outage there may be none
    if (!inOutage(point)) await arena.operatorStarts(arena.serving);
  },
};
