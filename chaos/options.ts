import { Command, InvalidArgumentError } from 'commander';
import { writable } from '../sandbox/output-file';
import { FAULTS, type Fault } from './fault';
import { points, STEP_NAMES, type Point } from './points';

/** What the chaos matrix was asked for. */
export interface ChaosOptions {
  points: Point[];
  faults: Fault[];
  /** Hosts that are put under faults side by side. */
  hosts: number;
  json?: string;
}

/**
 * Reads the command line (without `node` and the script).
 * @throws CommanderError after it has said what is wrong, or shown the help (exit code 0).
 */
export function parseOptions(args: string[]): ChaosOptions {
  const names = FAULTS.map(({ name }) => name);
  const program = new Command('npm run chaos --')
    .description('Puts migrations of real hosts under every fault at every step, and verifies what is left.')
    .option('--steps <steps>', `comma-separated, of: ${STEP_NAMES.join(', ')}`, chosen(STEP_NAMES), [...STEP_NAMES])
    .option('--faults <faults>', `comma-separated, of: ${names.join(', ')}`, chosen(names), names)
    .option('--hosts <number>', 'hosts side by side, 1 to 4', hosts, 2)
    .option('--json <file>', 'write the matrix there', writable)
    .exitOverride()
    .showHelpAfterError('(--help shows the options)')
    .parse(args, { from: 'user' });
  const options = program.opts<{ steps: string[]; faults: string[]; hosts: number; json?: string }>();
  return {
    points: points(options.steps),
    faults: FAULTS.filter(({ name }) => options.faults.includes(name)),
    hosts: options.hosts,
    json: options.json,
  };
}

function chosen(of: readonly string[]): (text: string) => string[] {
  return (text) => {
    const names = text.split(',').map((name) => name.trim());
    const unknown = names.filter((name) => !of.includes(name));
    if (unknown.length === 0) return names;
    throw new InvalidArgumentError(`Unknown: ${unknown.join(', ')}.`);
  };
}

function hosts(text: string): number {
  if (/^[1-4]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A number from 1 to 4 is needed.');
}
