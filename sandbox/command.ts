import { spawn } from 'node:child_process';

/** How to run a command: all optional. */
export interface CommandOptions {
  /** Written to the command's standard input, which is then closed. */
  input?: string;
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** Working directory; `/` by default, because the servers' OS user may not enter the caller's. */
  cwd?: string;
  /** After this many milliseconds the command is killed and the promise rejects; 120 000 by default. */
  timeoutMs?: number;
  /** Where standard error goes: into the error message (default), or through to this process's own. */
  stderr?: 'pipe' | 'inherit';
}

/** How a command ended. `code` is null when a signal ended it. */
export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs an argument vector (no shell) and returns how it ended. Rejects when it cannot be started or takes too long. */
export async function tryRun(argv: string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { input = '', env = {}, cwd = '/', timeoutMs = 120_000, stderr = 'pipe' } = options;
  const [file, ...args] = argv;
  const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', stderr] });
  const seen = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (seen.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (seen.stderr += text));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${argv.join(' ')} did not end within ${timeoutMs} ms and was killed. ${seen.stderr}`));
    }, timeoutMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`Cannot start ${file}: ${error.message}`, { cause: error }));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...seen });
    });
    // A command may end without reading its input; how it ended says more than the broken pipe.
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/**
 * Runs an argument vector and returns its standard output.
 * @throws Error with the command, its exit code and the end of its output, unless it exits with 0.
 */
export async function run(argv: string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(argv, options);
  if (code === 0) return stdout;
  const output = `${stdout}\n${stderr}`.trim().slice(-4000);
  throw new Error(`${argv.join(' ')} ended with ${code === null ? 'a signal' : `exit code ${code}`}: ${output}`);
}
