import { now } from '../../../hosts/clock';
import type { Host } from '../../../hosts/host';
import type { Check, Found } from '../check';

/** Beyond this the log and the soak are read at the wrong place, and times in reports mislead. */
const WARNING_MS = 5_000;
/** Beyond this a maintenance window is not the window that its writer meant. */
const BLOCKER_MS = 60_000;

export const clockSkew: Check = {
  name: 'clock-skew',
  title: "The hosts' clocks agree with the worker's",
  mechanism: 'host: date',
  async run({ cluster }) {
    const hosts = new Map([cluster, ...cluster.standbys].map(({ host }) => [host.name, host]));
    return (await Promise.all([...hosts.values()].map(look))).flat();
  },
};

async function look(host: Host): Promise<Found[]> {
  const asked = Date.now();
  const there = await now(host);
  const answered = Date.now();
  // It was read at some moment between question and answer; only what lies outside of both is certain.
  const skew = there > answered ? there - answered : Math.min(0, there - asked);
  const amount = Math.abs(skew);
  if (amount <= WARNING_MS) return [];
  return [
    {
      severity: amount > BLOCKER_MS ? 'blocker' : 'warning',
      ...{ effect: 'breaks later', judgement: true, object: host.name },
      seen: `its clock is ${Math.round(amount / 1000)} s ${skew > 0 ? 'ahead of' : 'behind'} the worker's (${new Date(there).toISOString()} there, ${new Date(answered).toISOString()} here)`,
      action:
        'Set the wrong one right (chronyc tracking, timedatectl): maintenance windows go by the worker, logs and soak by the host.',
    },
  ];
}
