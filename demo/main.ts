import { CommanderError } from 'commander';
import { processTerminal } from '../src/cli/terminal';
import { parseOptions, type DemoOptions } from './options';
import { runDemo } from './run';

const EXIT_USAGE = 2;

async function main(args: string[]): Promise<number> {
  const terminal = processTerminal();
  const options = parse(args);
  if (typeof options === 'number') return options;
  if (!options.yes && !terminal.interactive) {
    terminal.err('There is no terminal to ask on at the gates: add --yes, and the demo approves by itself.\n');
    return EXIT_USAGE;
  }
  return runDemo(options, terminal);
}

/** The options, or the exit code where the command line ends the demo. */
function parse(args: string[]): DemoOptions | number {
  try {
    const write = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(text);
    return parseOptions(args, { out: write(process.stdout), err: write(process.stderr) });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_USAGE; // it has been said what is wrong
  }
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
