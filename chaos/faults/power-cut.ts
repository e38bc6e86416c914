import type { Fault } from '../fault';

/** All processes of the host end at once, and it boots; what is set to start at boot starts. */
export const powerCut: Fault = {
  name: 'power cut',
  strike: async ({ host }) => {
    await host.powerCut();
    await host.boot();
  },
};
