import { spawn } from 'node:child_process';

/**
 * Runs an argument vector as a process group of its own and returns what it printed. When `ending` aborts, all of the
 * group gets SIGTERM, so that what a script has started ends with it.
 * @throws Error with the command's output unless it exits with 0; the signal's reason after an abort.
 */
export function runGroup(argv: string[], ending: AbortSignal): Promise<string> {
  ending.throwIfAborted();
  const [file, ...args] = argv;
  // Not in the caller's directory: the servers' OS user may not be allowed to enter it.
  const child = spawn(file, args, { cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const end = (): void => {
    if (child.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  ending.addEventListener('abort', end, { once: true });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      ending.removeEventListener('abort', end);
      if (ending.aborted) reject(ending.reason as Error);
      else if (code === 0) resolve(said);
      else reject(new Error(`${file} ended with ${code ?? 'a signal'}. It said:\n${said.trim().slice(-4000)}`));
    });
  });
}
