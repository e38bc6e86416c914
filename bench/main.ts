import { CommanderError } from 'commander';
import { cleanupOnExit } from '../sandbox/cleanup';
import { parseOptions, type Asked } from './options';
import { outage } from './outage/benchmark';
import { runBenchmark } from './run';
import { workerKill } from './worker-kill/benchmark';

const BENCHMARKS = [outage, workerKill];
const EXIT_USAGE = 2;

async function main(args: string[]): Promise<number> {
  const asked = parse(args);
  if (typeof asked === 'number') return asked;
  const cleanup = cleanupOnExit();
  try {
    await runBenchmark(asked.benchmark, asked.options, cleanup);
    return 0;
  } catch (error) {
    // What a signal interrupted has been ended on purpose; the clean-up exits with the signal's code.
    if (!(error instanceof Error && error.name === 'AbortError')) console.error(String(error));
    return 1;
  } finally {
    await cleanup.run();
  }
}

/** What was asked for, or the exit code where the command line ends the benchmark. */
function parse(args: string[]): Asked | number {
  try {
    return parseOptions(args, BENCHMARKS);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_USAGE; // it has been said what is wrong
  }
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
