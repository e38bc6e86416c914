import { CommanderError } from 'commander';
import { cleanupOnExit } from '../sandbox/cleanup';
import { parseOptions, type OutageOptions } from './options';
import { runOutageBenchmark } from './run';

const EXIT_USAGE = 2;

async function main(args: string[]): Promise<number> {
  const options = parse(args);
  if (typeof options === 'number') return options;
  const cleanup = cleanupOnExit();
  try {
    await runOutageBenchmark(options, cleanup);
    return 0;
  } catch (error) {
    // What a signal interrupted has been ended on purpose; the clean-up exits with the signal's code.
    if (!(error instanceof Error && error.name === 'AbortError')) console.error(String(error));
    return 1;
  } finally {
    await cleanup.run();
  }
}

/** The options, or the exit code where the command line ends the benchmark. */
function parse(args: string[]): OutageOptions | number {
  try {
    return parseOptions(args);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_USAGE; // it has been said what is wrong
  }
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
