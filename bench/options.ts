import { Command, InvalidArgumentError } from 'commander';
import { writable } from '../sandbox/output-file';
import type { MajorVersion } from '../sandbox/parts';
import { SUPPORTED_VERSIONS } from '../src/postgres/versions';
import type { Benchmark, BenchmarkOptions } from './benchmark';

/** What the command line asks for. */
export interface Asked {
  benchmark: Benchmark;
  options: BenchmarkOptions;
}

const MOST_ROUNDS = 100;
const LARGEST_SCALE = 10_000;

/**
 * Reads the command line (without `node` and the script).
 * @throws CommanderError after it has said what is wrong, or shown the help (exit code 0).
 */
export function parseOptions(args: string[], benchmarks: readonly Benchmark[]): Asked {
  let asked: Asked | undefined;
  const program = new Command('npm run bench --').description('Measures outages beside each other.');
  for (const benchmark of benchmarks) {
    const command = commandOf(program, benchmark);
    command.action((options: BenchmarkOptions) => {
      if (options.from >= options.to) {
        command.error(`error: --to has to be newer than --from; ${options.from} and ${options.to} were given.`);
      }
      asked = { benchmark, options };
    });
  }
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showHelpAfterError('(--help shows the options)');
  }
  program.parse(args, { from: 'user' });
  if (!asked) throw new Error('commander ran no action and threw nothing');
  return asked;
}

function commandOf(program: Command, { name, description, defaults }: Benchmark): Command {
  return program
    .command(name)
    .description(description)
    .option('--json <file>', 'write the result there', writable)
    .option('--rounds <number>', 'rounds that count', wholeNumber(MOST_ROUNDS), defaults.rounds)
    .option('--scale <number>', "pgbench's scale; 50 is about 750 MB", wholeNumber(LARGEST_SCALE), defaults.scale)
    .option('--from <version>', 'major version of the old server', version, 16)
    .option('--to <version>', 'major version of the new server', version, 17)
    .allowExcessArguments(false);
}

function wholeNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`A whole number from 1 to ${most} is needed.`);
  };
}

function version(text: string): MajorVersion {
  const found = SUPPORTED_VERSIONS.find((each) => String(each) === text);
  if (found) return found as MajorVersion;
  throw new InvalidArgumentError(`One of ${SUPPORTED_VERSIONS.join(', ')} is needed.`);
}
