import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './project-root';

/** The real worker in a process of its own. */
export interface WorkerProcess {
  pid: number;
  logFile: string;
  /** Rejects when it ends. */
  ended: Promise<never>;
  /** Sends the signal and waits until it has ended; does nothing when it has. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts the compiled worker; what it says goes to `worker.log` in the directory. */
export function startWorker(directory: string, inventoryFile: string, address: string): WorkerProcess {
  const logFile = join(directory, 'worker.log');
  const log = openSync(logFile, 'a');
  // A process group of its own: a Ctrl-C at the terminal is for its owner, who ends things in order.
  const child = spawn(process.execPath, [join(projectRoot(), 'lib', 'src', 'worker.js')], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: workerEnvironment(directory, inventoryFile, address),
  });
  closeSync(log);
  const ended = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new Error(`The worker ended (${signal ?? `exit code ${code}`}).`)));
  });
  ended.catch(() => undefined); // whoever waits for it gets the error; at the end nobody does
  if (child.pid === undefined) throw new Error(`The worker can't be started with ${process.execPath}.`);
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  return { pid: child.pid, logFile, ended, end };
}

/** The caller's own Temporal settings lead elsewhere, and so does a configuration file in their home directory. */
function workerEnvironment(directory: string, inventoryFile: string, address: string): NodeJS.ProcessEnv {
  const configFile = join(directory, 'temporal.toml');
  writeFileSync(configFile, `[profile.default]\naddress = "${address}"\n`);
  const own = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|PGPASSAGE_|PG[A-Z]+$)/.test(name));
  return {
    ...Object.fromEntries(own),
    TEMPORAL_ADDRESS: address,
    TEMPORAL_CONFIG_FILE: configFile,
    PGPASSAGE_INVENTORY: inventoryFile,
  };
}
