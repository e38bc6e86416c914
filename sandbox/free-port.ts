import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below 32768, where systems start to take ports for outgoing connections. A server that is stopped and started again
// would sooner or later find its port taken by one, even by a client of its own: connecting over and over to a closed
// port of that range on the same machine ends up connected to itself.
const LOWEST = 15_000;
const HIGHEST = 32_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A TCP port that nobody listens on at 127.0.0.1, drawn at random so that runs side by side do not meet. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
  throw new Error(`No free TCP port found between ${LOWEST} and ${HIGHEST} on 127.0.0.1 in 100 attempts.`);
}
