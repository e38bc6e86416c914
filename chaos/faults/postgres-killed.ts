import type { Fault } from '../fault';

/** Every PostgreSQL process of the host is killed, whichever server's; the one that served is started again. */
export const postgresKilled: Fault = {
  name: 'postgres killed',
  strike: async (arena, { step }) => {
    await arena.host.run(['sh', '-c', 'pkill -KILL -x postgres || true']); // in the outage there may be none
    // In the outage what serves is the migration's business.
    if (step !== 'outage') await arena.operatorStarts(arena.serving);
  },
};
