import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../sandbox/project-root';
import type { Reached } from './worker';

/** How the worker is started. */
export interface WorkerOptions {
  temporalAddress: string;
  inventory: string;
  logFile: string;
  /** How often each activity does its work. */
  times: number;
}

/** The worker in a process of its own, which can be killed and started again. */
export class WorkerProcess {
  private child?: ChildProcess;

  /** @param reached called at every stop of the worker; it goes on when the promise is fulfilled. */
  constructor(
    private readonly options: WorkerOptions,
    private readonly reached: (point: Reached) => Promise<void>,
  ) {}

  start(): void {
    const { temporalAddress, inventory, logFile, times } = this.options;
    const log = openSync(logFile, 'a');
    const child = fork(join(projectRoot(), 'lib', 'chaos', 'worker.js'), {
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: temporalAddress,
        PGPASSAGE_INVENTORY: inventory,
        CHAOS_TIMES: String(times),
      },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    child.on('message', (point: Reached) => {
      void this.reached(point).then(() => {
        if (child.connected) child.send(point.id);
      });
    });
    this.child = child;
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
}
