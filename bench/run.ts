import { writeFileSync } from 'node:fs';
import { stopServers } from '../sandbox/stop-servers';
import type { Cleanup } from '../sandbox/cleanup';
import { temporaryRoot } from '../sandbox/temporary-root';
import { span } from '../src/report/wording';
import type { OutageOptions } from './options';
import { resultOf } from './result';
import { resultText } from './result-text';
import { measureRounds, type Round } from './rounds';
import { makeStage } from './stage';

/** Runs the outage benchmark, prints what it found, and writes it to the file that was asked for. */
export async function runOutageBenchmark(options: OutageOptions, cleanup: Cleanup): Promise<void> {
  const root = await temporaryRoot();
  cleanup.add(root.path, root.remove);
  cleanup.add('the servers', () => stopServers(root.path));
  const ending = new AbortController();
  const measuring = measureAll(root.path, options, ending.signal);
  cleanup.add('the upgrade that runs', async () => {
    ending.abort();
    await measuring.catch(() => undefined); // it is awaited below too
  });
  const measured = await measuring.catch((error: unknown) => {
    ending.signal.throwIfAborted(); // whatever the abort made of what was going on
    throw error;
  });
  const result = resultOf(options, measured);
  console.log(resultText(result));
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
}

async function measureAll(root: string, options: OutageOptions, ending: AbortSignal): Promise<Round[]> {
  const began = performance.now();
  const stage = await makeStage(root, options, ending);
  console.log(`The cluster and its target are made (${span(performance.now() - began)}).`);
  return measureRounds(stage, ending, (round, name, { ms }) =>
    console.log(`${round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`}: ${name} ${span(ms)}`),
  );
}
