import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault';

const FOR_MS = 8_000;

/** The host's cable is out for a while: connections stay open and nothing comes through. */
export const hostUnreachable: Fault = {
  name: 'host unreachable',
  strike: async ({ host }) => {
    await host.cutNetwork();
    await sleep(FOR_MS);
    await host.restoreNetwork();
  },
};
