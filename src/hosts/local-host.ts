import { spawn } from 'node:child_process';
import { userInfo } from 'node:os';
import { CommandFailed, type Command, type CommandResult, type Endpoint, type Host } from './host';

const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** The machine the worker runs on. */
export class LocalHost implements Host {
  constructor(
    readonly name: string,
    readonly workDirectory: string,
  ) {}

  as(user: string, argv: readonly string[]): readonly string[] {
    const me = userInfo();
    if (me.username === user) return argv;
    // runuser needs root and asks PAM for no password; sudo -n fails at once where it would have to ask.
    return me.uid === 0 ? ['runuser', '-u', user, '--', ...argv] : ['sudo', '-n', '-u', user, '--', ...argv];
  }

  endpoint(address: string, port: number): Promise<Endpoint> {
    return Promise.resolve({ host: address, port });
  }

  run(command: Command): Promise<CommandResult> {
    const argv = command.user ? this.as(command.user, command.argv) : command.argv;
    const timeoutMs = command.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    return new Promise((resolve, reject) => {
      // The OS users of servers can't enter the worker's own directory, so commands start in the root directory.
      const child = spawn(argv[0], argv.slice(1), { cwd: '/', env: { ...process.env, ...command.env } });
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
        reject(new CommandFailed(this.name, command.argv, { exitCode: 127, stdout: '', stderr: error.message }));
      });
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
        const result = { exitCode: code ?? 128, stdout: text(stdout), stderr: text(stderr) };
        if (signal === null) resolve(result);
        else
          reject(
            new CommandFailed(this.name, command.argv, {
              ...result,
              stderr: `${result.stderr}\nended by ${signal} after at most ${timeoutMs} ms`,
            }),
          );
      });
    });
  }
}
