import { Command, InvalidArgumentError } from 'commander';
import { writable } from '../sandbox/output-file';
import { duration, milliseconds } from '../src/migration/duration';

/** What the demo was asked for. */
export interface DemoOptions {
  /** Approve every gate by itself, once its soak is over. */
  yes: boolean;
  /** Rows of pgbench_accounts; the seed rounds them to 100 000, the least there is. */
  rows: number;
  /** How long each phase is watched before it can be approved. */
  soakMs: number;
  /** Leave everything running at the end. */
  keep: boolean;
  /** Absolute path of the file for the result. */
  json?: string;
}

const MOST_ROWS = 100_000_000;

/**
 * Reads the command line (without `node` and the script).
 * @throws CommanderError after it has said what is wrong, or shown the help (exit code 0).
 */
export function parseOptions(
  args: string[],
  write: { out: (text: string) => void; err: (text: string) => void },
): DemoOptions {
  const program = new Command('npm run demo --')
    .description('Migrates a real PostgreSQL 15 cluster to 18 while clients write to it.')
    .option('--yes', 'approve every gate by itself once its soak is over', false)
    .option('--rows <number>', 'rows of pgbench_accounts, rounded to hundreds of thousands', rows, 100_000)
    .option('--soak <time>', 'how long each phase is watched before it can be approved', soak, 5_000)
    .option('--keep', 'leave the servers running at the end, and say how to use and to stop them', false)
    .option('--json <file>', 'write the result there', writable)
    .allowExcessArguments(false)
    .showHelpAfterError('(--help shows the options)')
    .configureOutput({ writeOut: write.out, writeErr: write.err })
    .exitOverride();
  const { soak: soakMs, ...options } = program.parse(args, { from: 'user' }).opts<DemoOptions & { soak: number }>();
  return { ...options, soakMs };
}

function rows(text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (Number.isInteger(value) && value >= 1 && value <= MOST_ROWS) return value;
  throw new InvalidArgumentError(`A whole number from 1 to ${MOST_ROWS} is needed.`);
}

function soak(text: string): number {
  const parsed = duration.safeParse(text);
  if (parsed.success) return milliseconds(parsed.data);
  throw new InvalidArgumentError(`${parsed.error.issues[0].message}.`);
}
