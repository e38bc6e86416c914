import { spawn } from 'node:child_process';
import { createConnection } from 'node:net';
import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';
import { CommandFailed, type Command, type CommandResult, type Host, type Target } from './host';
import { commandLine, refuseBySudo, switchUser, type Login } from './run-as';

const DEFAULT_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** The machine the worker runs on. */
export class LocalHost implements Host {
  constructor(
    readonly name: string,
    readonly workDirectory: string,
  ) {}

  as(user: string, argv: readonly string[]): readonly string[] {
    return switchUser(login(), user, argv);
  }

  open(target: Target): Promise<Duplex> {
    const socket = createConnection('path' in target ? target : { host: target.address, port: target.port });
    return new Promise((resolve, reject) => {
      socket.setTimeout(CONNECT_TIMEOUT_MS, () =>
        socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS} ms`)),
      );
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.setTimeout(0);
        socket.off('error', reject);
        resolve(socket);
      });
    });
  }

  async run(command: Command): Promise<CommandResult> {
    const result = await runHere(this.name, command, commandLine(login(), command));
    refuseBySudo(this.name, login(), command, result);
    return result;
  }
}

function runHere(host: string, command: Command, argv: readonly string[]): Promise<CommandResult> {
  const timeoutMs = command.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    // The OS users of servers can't enter the worker's own directory, so commands start in the root directory.
    const child = spawn(argv[0], argv.slice(1), { cwd: '/', env: process.env });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let size = 0;
    const keep = (into: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_OUTPUT) into.push(chunk);
      else child.kill('SIGKILL');
    };
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.stdout.on('data', keep(stdout));
    child.stderr.on('data', keep(stderr));
    // A command that ends without reading its input is no failure of its own: its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(command.input ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new CommandFailed(host, command.argv, { exitCode: 127, stdout: '', stderr: error.message }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
      const result = { exitCode: code ?? 128, stdout: text(stdout), stderr: text(stderr) };
      if (signal === null) resolve(result);
      else
        reject(
          new CommandFailed(host, command.argv, {
            ...result,
            stderr: `${result.stderr}\nended by ${signal} after at most ${timeoutMs} ms`,
          }),
        );
    });
  });
}

function login(): Login {
  const { username, uid } = userInfo();
  return { user: username, root: uid === 0 };
}
