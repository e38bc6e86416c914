import type { ClientChannel } from 'ssh2';
import { CommandFailed, type CommandResult } from '../host';
import type { Session, SshConnection } from './connection';

/** A command line for the host's shell, and what is said of it when it fails. */
export interface Execution {
  line: string;
  argv: readonly string[];
  input: string;
  /** The host ends the command then; some seconds later we go without an answer. */
  timeoutMs: number;
}

const GRACE_MS = 10_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** How a command ended. Output is whole, or the command is a failure. */
export function execute(connection: SshConnection, execution: Execution): Promise<CommandResult> {
  return connection.use(execution.argv.join(' ').slice(0, 200), async (session) => {
    const channel = await openChannel(session, execution.line);
    try {
      return await follow(connection.settings.name, channel, execution);
    } finally {
      session.slots.release();
    }
  });
}

/** Takes a slot, which the caller gives back. A host that takes fewer sessions at once than we thought is believed. */
async function openChannel({ client, slots }: Session, line: string): Promise<ClientChannel> {
  for (;;) {
    await slots.take();
    try {
      return await new Promise((resolve, reject) =>
        client.exec(line, (error, channel) => (error ? reject(error) : resolve(channel))),
      );
    } catch (error) {
      slots.release();
      if (!/Channel open failure/.test((error as Error).message) || !slots.narrow()) throw error;
    }
  }
}

function follow(host: string, channel: ClientChannel, execution: Execution): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const printed = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let [size, exitCode, ended] = [0, undefined as number | undefined, ''];
    const result = (): CommandResult => ({
      exitCode: exitCode ?? 128,
      stdout: Buffer.concat(printed.stdout).toString('utf8'),
      stderr: Buffer.concat(printed.stderr).toString('utf8'),
    });
    const fail = (why: string) => {
      const { stderr, ...rest } = result();
      reject(new CommandFailed(host, execution.argv, { ...rest, stderr: `${stderr}\n${why}` }));
      channel.destroy();
    };
    const timer = setTimeout(() => fail(`no end after ${execution.timeoutMs} ms`), execution.timeoutMs + GRACE_MS);
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_OUTPUT) into.push(chunk);
      else fail(`printed more than ${MAX_OUTPUT} bytes`);
    };
    channel.on('data', keep(printed.stdout));
    channel.stderr.on('data', keep(printed.stderr));
    channel.on('exit', (code: number | null, signal?: string) => {
      if (code === null) ended = signal ?? 'a signal';
      else exitCode = code;
    });
    channel.on('close', () => {
      clearTimeout(timer);
      if (ended) fail(`ended by ${ended}`);
      else if (exitCode !== undefined) resolve(result());
      else fail('the host told no exit code');
    });
    // A command that ends without reading its input is no failure of its own: its exit code tells.
    channel.on('error', () => undefined);
    channel.end(execution.input);
  });
}
