import type { Fault } from '../fault';

/** The worker is killed, and started again as a supervisor would. */
export const workerKilled: Fault = {
  name: 'worker killed',
  strike: async ({ worker }) => {
    await worker.kill();
    worker.start();
  },
};
