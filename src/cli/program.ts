import { Command } from 'commander';
import { approveCommand } from './commands/approve';
import { extendCommand } from './commands/extend';
import { finalizeCommand } from './commands/finalize';
import { listCommand } from './commands/list';
import { pauseCommand } from './commands/pause';
import { planCommand } from './commands/plan';
import { preflightCommand } from './commands/preflight';
import { rejectCommand } from './commands/reject';
import { reportCommand } from './commands/report';
import { resumeCommand } from './commands/resume';
import { rewriteSqlCommand } from './commands/rewrite-sql';
import { rollbackCommand } from './commands/rollback';
import { ruvectorCommands } from './commands/ruvector';
import { startCommand } from './commands/start';
import { statusCommand } from './commands/status';
import { vectorIndexCommands } from './commands/vector-index';
import { explain } from './explain';
import { EXIT, type ExitCode } from './exit-codes';
import type { Terminal } from './terminal';

/** In the order in which a migration needs them, which is the order of the help. */
const COMMANDS = [
  preflightCommand,
  planCommand,
  startCommand,
  statusCommand,
  approveCommand,
  rejectCommand,
  extendCommand,
  pauseCommand,
  resumeCommand,
  rollbackCommand,
  reportCommand,
  finalizeCommand,
  listCommand,
  rewriteSqlCommand,
  ruvectorCommands,
  vectorIndexCommands,
];

/** Runs the CLI with the given arguments (without `node` and the script). @returns the exit code. */
export async function run(args: string[], terminal: Terminal): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok;
  const program = createProgram(terminal, (code) => (exit = code));
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    return tell(error, args, terminal);
  }
}

function createProgram(terminal: Terminal, ended: (exit: ExitCode) => void): Command {
  const program = new Command('pgpassage')
    .description('Durable PostgreSQL migrations on Temporal.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .showHelpAfterError('(--help shows the options)')
    .addHelpText(
      'after',
      '\nExit codes: 0 ok, 2 usage, 3 blocked, 4 refused, 5 no such migration, 6 rolled back, 7 unreachable,\n8 stopped, 9 failed, 10 would rewrite, 11 not judged, 1 unexpected. See docs/cli.md.',
    );
  for (const add of COMMANDS) add({ program, terminal, ended });
  return program;
}

function tell(error: unknown, args: string[], terminal: Terminal): ExitCode {
  const { exit, message } = explain(error);
  if (message) terminal.err(`${message}\n`);
  if (exit !== EXIT.ok && wantsJson(args)) {
    terminal.out(`${JSON.stringify({ error: { exit, message: message || (error as Error).message } }, null, 2)}\n`);
  }
  return exit;
}

/** Seen before the arguments are parsed, because it also holds where they can't be. */
function wantsJson(args: string[]): boolean {
  return args.some(
    (arg, index) =>
      ['--output=json', '-ojson'].includes(arg) || (arg === 'json' && ['-o', '--output'].includes(args[index - 1])),
  );
}
