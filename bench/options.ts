import { Command, InvalidArgumentError } from 'commander';
import { writable } from '../sandbox/output-file';
import type { MajorVersion } from '../sandbox/parts';
import { SUPPORTED_VERSIONS } from '../src/postgres/versions';

/** What the outage benchmark was asked for. */
export interface OutageOptions {
  from: MajorVersion;
  to: MajorVersion;
  /** Rounds that count; one to warm up comes before them. */
  rounds: number;
  /** pgbench's scale: 100 000 rows each. */
  scale: number;
  /** Absolute path of the file for the result. */
  json?: string;
}

const MOST_ROUNDS = 100;
const LARGEST_SCALE = 10_000;

/**
 * Reads the command line (without `node` and the script).
 * @throws CommanderError after it has said what is wrong, or shown the help (exit code 0).
 */
export function parseOptions(args: string[]): OutageOptions {
  let parsed: OutageOptions | undefined;
  const program = new Command('npm run bench --').description('Measures pgpassage beside what it replaces.');
  const outage = program
    .command('outage')
    .description(
      "Measures the outage of one upgrade: pgpassage's, the document's runbook's, and the shortest possible.",
    )
    .option('--json <file>', 'write the result there', writable)
    .option('--rounds <number>', 'rounds that count', wholeNumber(MOST_ROUNDS), 5)
    .option('--scale <number>', "pgbench's scale; 50 is about 750 MB", wholeNumber(LARGEST_SCALE), 50)
    .option('--from <version>', 'major version of the old server', version, 16)
    .option('--to <version>', 'major version of the new server', version, 17)
    .allowExcessArguments(false);
  outage.action((options: OutageOptions) => {
    if (options.from >= options.to) {
      outage.error(`error: --to has to be newer than --from; ${options.from} and ${options.to} were given.`);
    }
    parsed = options;
  });
  for (const command of [program, outage]) command.exitOverride().showHelpAfterError('(--help shows the options)');
  program.parse(args, { from: 'user' });
  if (!parsed) throw new Error('commander ran no action and threw nothing');
  return parsed;
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
