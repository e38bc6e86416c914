import type { Fault } from '../fault';

/** Every SSH connection of the host is cut; new ones are taken. */
export const sshCut: Fault = {
  name: 'SSH cut',
  strike: async ({ host }) => {
    await host.run(['sh', '-c', "pkill -KILL -f '^sshd: [a-z]' || true"]); // there may be none just now
  },
};
