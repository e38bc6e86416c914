import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { freePort } from './free-port';
import { parts } from './parts';

/** How to start it: all optional. */
export interface TemporalOptions {
  /** Port of the service on 127.0.0.1; free ones by default. */
  port?: number;
  uiPort?: number;
  /** Keeps the state across restarts; in memory without it. */
  dbFilename?: string;
  /** Where it logs to. Needed when it has to outlive this process, which would otherwise hold the other end of a pipe. */
  logFile?: string;
  /** Further arguments, such as `--search-attribute`, `Name=Keyword`. */
  args?: string[];
}

/** A running Temporal dev server with its UI. */
export interface TemporalServer {
  /** `host:port` of the service. */
  address: string;
  uiUrl: string;
  pid: number;
  /** Ends it: SIGTERM, and SIGKILL after ten seconds. Does nothing when it has ended. */
  stop(): Promise<void>;
}

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 10_000;

/**
 * Starts `temporal server start-dev` and waits until namespace `default` answers.
 * @throws Error with what the server said, when it ends or does not answer within 30 s.
 */
export async function startTemporal(options: TemporalOptions = {}): Promise<TemporalServer> {
  const port = options.port ?? (await freePort());
  const uiPort = options.uiPort ?? (await freePort());
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', `${port}`, '--ui-port', `${uiPort}`];
  args.push('--log-level', 'error', ...(options.dbFilename ? ['--db-filename', options.dbFilename] : []));
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a');
  // A process group of its own: a Ctrl-C at the terminal is for its owner, who ends things in order.
  const child = spawn((await parts()).temporal, [...args, ...(options.args ?? [])], {
    detached: true,
    stdio: ['ignore', 'ignore', log ?? 'pipe'],
  });
  if (log !== undefined) closeSync(log);
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  child.on('error', (error) => (said += error.message));
  const address = `127.0.0.1:${port}`;
  try {
    await waitUntilReachable(address, child);
  } catch (error) {
    await end(child);
    if (options.logFile !== undefined) said += readFileSync(options.logFile, 'utf8').slice(-4000);
    throw new Error(`The Temporal dev server at ${address} did not come up: ${String(error)} ${said}`, {
      cause: error,
    });
  }
  return { address, uiUrl: `http://127.0.0.1:${uiPort}`, pid: child.pid as number, stop: () => end(child) };
}

const ended = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function waitUntilReachable(address: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      return await describeDefaultNamespace(address);
    } catch (error) {
      if (ended(child)) throw new Error('It ended.', { cause: error });
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function describeDefaultNamespace(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 });
  try {
    await connection.workflowService.describeNamespace({ namespace: 'default' });
  } finally {
    await connection.close();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (ended(child)) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await gone;
  clearTimeout(killer);
}
