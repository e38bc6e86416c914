import { type Command, InvalidArgumentError, Option } from 'commander';
import { clusterInput } from '../migration/input';
import { connect, type ConnectOptions, type Temporal } from './connect';
import { EXIT, type ExitCode } from './exit-codes';
import type { Terminal } from './terminal';

/** What all commands share. */
export interface Cli {
  program: Command;
  terminal: Terminal;
  /** Called once, with the command's exit code. */
  ended(exit: ExitCode): void;
}

/** Options that every command has. */
export interface CommonOptions extends ConnectOptions {
  output: 'text' | 'json';
}

/** One call of a command. */
export interface Call<Options> {
  /** The CLUSTER argument; empty for commands that have none. */
  cluster: string;
  /** The PATHS of commands that take files. */
  paths: string[];
  options: Options & CommonOptions;
  terminal: Terminal;
  /** Connects at the first use, so that bad arguments are told of without a Temporal service. */
  temporal(): Promise<Temporal>;
}

/** A command's answer in both forms; what a command printed by itself is left out. */
export interface Answer {
  json?: unknown;
  text?: string;
  exit?: ExitCode;
}

/** Adds a command with the options that all have and examples in its help. */
export function addCommand(cli: Cli, usage: string, description: string, examples: string[]): Command {
  const [name, argument] = usage.split(' ');
  const command = cli.program.command(name).description(description);
  if (argument) command.argument(argument, "the cluster's name in the inventory", clusterName);
  return command
    .addOption(new Option('-o, --output <form>', 'form of the answer').choices(['text', 'json']).default('text'))
    .option('--address <host:port>', 'Temporal service (TEMPORAL_ADDRESS)')
    .option('--namespace <name>', 'namespace there (TEMPORAL_NAMESPACE)')
    .option('--profile <name>', "profile of Temporal's configuration file (TEMPORAL_PROFILE)")
    .addHelpText('after', ['', 'Examples:', ...examples.map((example) => `  ${example}`)].join('\n'));
}

function clusterName(value: string): string {
  const parsed = clusterInput.safeParse({ cluster: value });
  if (parsed.success) return value;
  throw new InvalidArgumentError("It has to be a cluster's name as in the inventory: letters, digits, dots, - and _.");
}

/** Makes a commander action of a command's work: connects, prints the answer in the form asked for, disconnects. */
export function answering<Options>(
  cli: Cli,
  work: (call: Call<Options>) => Promise<Answer>,
): (this: Command) => Promise<void> {
  return async function () {
    const options = this.opts<Options & CommonOptions>();
    let connected: Promise<Temporal> | undefined;
    const [argument] = this.processedArgs as [string | string[] | undefined];
    const call: Call<Options> = {
      cluster: typeof argument === 'string' ? argument : '',
      paths: Array.isArray(argument) ? argument : [],
      options,
      terminal: cli.terminal,
      temporal: () => (connected ??= connect(options)),
    };
    try {
      const answer = await work(call);
      print(cli.terminal, options.output, answer);
      cli.ended(answer.exit ?? EXIT.ok);
    } finally {
      await close(connected);
    }
  };
}

function print(terminal: Terminal, output: CommonOptions['output'], { json, text }: Answer): void {
  if (output === 'json' && json !== undefined) terminal.out(`${JSON.stringify(json, null, 2)}\n`);
  if (output === 'text' && text !== undefined) terminal.out(text.endsWith('\n') ? text : `${text}\n`);
}

async function close(connected: Promise<Temporal> | undefined): Promise<void> {
  if (!connected) return;
  // Where connecting failed, the command's own error says so.
  const temporal = await connected.catch(() => undefined);
  await temporal?.close();
}
