import { output, type Host } from './host';

/** Milliseconds since the epoch by the host's own clock: what is compared with times that the host wrote down. */
export async function now(host: Host): Promise<number> {
  return Number(await output(host, { argv: ['date', '+%s%3N'] }));
}
