import type { Duplex } from 'node:stream';

/** A command as an argument vector; no shell takes part unless `argv` names one. */
export interface Command {
  argv: readonly string[];
  /** OS user to run as; the connection's own user when absent. */
  user?: string;
  /** Bytes for standard input, which is closed after them. Secrets go this way, never by `argv`. */
  input?: string;
  /** Added to the environment. Never for secrets: /proc shows it to the same user. */
  env?: Readonly<Record<string, string>>;
  /** Milliseconds after which the command is ended and `CommandFailed` is thrown. Default 60,000. */
  timeoutMs?: number;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Where a server listens, as its host sees it. */
export type Target = { address: string; port: number } | { path: string };

/**
 * A machine with databases on it. Everything pgpassage does there goes through these few calls, so that another way of
 * reaching a host (SSH) is one more implementation and nothing else.
 */
export interface Host {
  readonly name: string;
  /** Job directories, scratch servers and rehearsals live below it. */
  readonly workDirectory: string;
  /** Runs a short command to its end. Resolves whatever the exit code; rejects when it could not be run or timed out. */
  run(command: Command): Promise<CommandResult>;
  /** The argument vector that runs `argv` as `user` from the connection's own user; used inside scripts for the host. */
  as(user: string, argv: readonly string[]): readonly string[];
  /**
   * Connects to a server's port, as the host itself sees it: an address, or a socket file's path.
   * @throws Error when nothing answers there.
   */
  open(target: Target): Promise<Duplex>;
}

/** A host can't be reached, or no longer. Trying again is right: the next use connects anew. */
export class HostUnreachable extends Error {
  override name = 'HostUnreachable';
}

/** A host was reached and can't be used: its key, the login or sudo. A person has to act; the message says where. */
export class HostRefused extends Error {
  override name = 'HostRefused';
}

/** A command on a host ended with a failure. The message is fit for a person: host, command, exit code, what it printed. */
export class CommandFailed extends Error {
  override name = 'CommandFailed';
  constructor(
    readonly host: string,
    readonly argv: readonly string[],
    readonly result: CommandResult,
  ) {
    const said = (result.stderr.trim() || result.stdout.trim()).slice(-2000);
    super(`${host}: ${argv.join(' ')} ended with exit code ${result.exitCode}${said ? `: ${said}` : ''}`);
  }
}

/**
 * Runs a command that has to succeed.
 * @returns what it printed on standard output.
 * @throws CommandFailed on any exit code but 0.
 */
export async function output(host: Host, command: Command): Promise<string> {
  const result = await host.run(command);
  if (result.exitCode !== 0) throw new CommandFailed(host.name, command.argv, result);
  return result.stdout;
}
