import { writeFileSync } from 'node:fs';
import type { Cleanup } from '../sandbox/cleanup';
import { endBelow } from '../sandbox/end-below';
import { temporaryRoot } from '../sandbox/temporary-root';
import { span } from '../src/report/wording';
import type { Benchmark, BenchmarkOptions } from './benchmark';
import { measureRounds, type Round } from './rounds';
import { makeStage } from './stage';

/** Runs a benchmark, prints what it found, and writes it to the file that was asked for. */
export async function runBenchmark(benchmark: Benchmark, options: BenchmarkOptions, cleanup: Cleanup): Promise<void> {
  const root = await temporaryRoot();
  cleanup.add(root.path, root.remove);
  cleanup.add(`what runs in ${root.path}`, () => endBelow(root.path));
  const ending = new AbortController();
  const measuring = measureAll(root.path, benchmark, options, ending.signal);
  cleanup.add('the upgrade that runs', async () => {
    ending.abort();
    await measuring.catch(() => undefined); // it is awaited below too
  });
  const measured = await measuring.catch((error: unknown) => {
    ending.signal.throwIfAborted(); // whatever the abort made of what was going on
    throw error;
  });
  const { result, text } = benchmark.conclude(options, measured);
  console.log(text);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
}

async function measureAll(
  root: string,
  benchmark: Benchmark,
  options: BenchmarkOptions,
  ending: AbortSignal,
): Promise<Round[]> {
  const began = performance.now();
  const stage = await makeStage(root, options, ending, benchmark.prepare);
  const { contenders, close } = await benchmark.open(stage);
  console.log(`The stage is set (${span(performance.now() - began)}).`);
  try {
    return await measureRounds(stage, contenders, options.rounds, ending, (round, name, { ms }) =>
      console.log(`${round === 0 ? 'warm-up' : `round ${round} of ${options.rounds}`}: ${name} ${span(ms)}`),
    );
  } finally {
    await close();
  }
}
