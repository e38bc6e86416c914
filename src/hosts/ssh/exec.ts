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
    const printed = new Printed(() => fail(`printed more than ${MAX_OUTPUT} bytes`));
    const fail = (why: string) => {
      clearTimeout(timer);
      printed.close();
      channel.destroy();
      const { stdout, stderr } = printed.text();
      reject(new CommandFailed(host, execution.argv, { exitCode: 128, stdout, stderr: `${stderr}\n${why}` }));
    };
    const timer = setTimeout(() => fail(`no end after ${execution.timeoutMs} ms`), execution.timeoutMs + GRACE_MS);
    channel.on('data', (chunk: Buffer) => printed.add('stdout', chunk));
    channel.stderr.on('data', (chunk: Buffer) => printed.add('stderr', chunk));
    // By `close` and not by `exit`: a quick command's exit is told before anybody can listen.
    channel.on('close', (exitCode?: number | null, signal?: string) => {
      if (exitCode === undefined) return fail('the host told no exit code');
      if (exitCode === null) return fail(`ended by ${signal}`);
      clearTimeout(timer);
      resolve({ exitCode, ...printed.text() });
    });
    // A command that ends without reading its input is no failure of its own: its exit code tells.
    channel.on('error', () => undefined);
    channel.end(execution.input);
  });
}

/** What a command prints, as long as a worker can hold it. */
class Printed {
  private readonly chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  private room = MAX_OUTPUT;
  private closed = false;

  constructor(private readonly full: () => void) {}

  add(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (this.closed) return;
    this.room -= chunk.length;
    if (this.room < 0) this.full();
    else this.chunks[stream].push(chunk);
  }

  /** What comes later is dropped. */
  close(): void {
    this.closed = true;
  }

  text(): Pick<CommandResult, 'stdout' | 'stderr'> {
    const join = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
    return { stdout: join(this.chunks.stdout), stderr: join(this.chunks.stderr) };
  }
}
