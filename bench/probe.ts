import { setTimeout as sleep } from 'node:timers/promises';
import { OutageClock, type Outage } from '../sandbox/outage-clock';
import type { SandboxServer } from '../sandbox/postgres-server';
import { DATABASE } from './stage';

/** A client that asks all the time, and comes back when it is thrown out. */
export interface Probe {
  /** Waits until the one outage has ended. @throws Error when there were more, or it does not end within ten seconds. */
  outage(): Promise<Outage>;
  stop(): Promise<void>;
}

/** Short beside an outage, and long enough to leave the processors to the upgrade. */
const PAUSE_MS = 5;
const DEADLINE_MS = 10_000;
const QUESTION = 'select abalance from pgbench_accounts where aid = 1';

/** Starts the client, and returns when it has been answered for the first time. */
export async function startProbe(server: SandboxServer): Promise<Probe> {
  const clock = new OutageClock();
  let stopped = false;
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await askUntilThrownOut(server, clock, () => stopped).catch((error: unknown) => clock.failed(error));
      await sleep(PAUSE_MS);
    }
  };
  const looping = loop();
  const until = async (reached: () => boolean): Promise<void> => {
    const deadline = Date.now() + DEADLINE_MS;
    while (!reached()) {
      if (Date.now() > deadline) throw new Error(`The client waits for an answer: ${clock.trouble().lastError}`);
      await sleep(PAUSE_MS);
    }
  };
  const stop = async (): Promise<void> => {
    stopped = true;
    await looping;
  };
  await until(() => clock.acknowledgements > 0).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    stop,
    outage: async () => {
      await until(() => clock.outages.length > 0);
      if (clock.outages.length > 1) throw new Error(`The client saw ${clock.outages.length} outages instead of one.`);
      return clock.outages[0];
    },
  };
}

async function askUntilThrownOut(server: SandboxServer, clock: OutageClock, stopped: () => boolean): Promise<void> {
  const client = await server.connect(DATABASE);
  try {
    while (!stopped()) {
      await client.query(QUESTION);
      clock.acknowledged();
      await sleep(PAUSE_MS);
    }
  } finally {
    client.end().catch((late: unknown) => clock.failed(late)); // not awaited: a dead server may never answer
  }
}
