import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWriters, type Writers } from '../sandbox/writers';
import { DEFAULT_TASK_QUEUE, migrationId } from '../src/migration/identity';
import type { Progress } from '../src/migration/progress';
import type { Arena } from './arena';
import type { Cell } from './cell';
import type { Fault } from './fault';
import { nameOf, stepOf, type Point } from './points';
import { verify } from './verify';

/** From the last strike on: each one that kills the worker costs a heartbeat's timeout and a longer wait for the next attempt. */
const DEADLINE_MS = 240_000;
const LOOK_MS = 10;

/** One migration under a fault, which strikes at as many points as the migration comes to. */
export class Attempt {
  private readonly struck: { point: Point; at: number }[] = [];
  private opened = false;
  private readonly running = new Set<string>();
  private strikes: Promise<void> = Promise.resolve();
  private readonly inWait: Promise<void>[] = [];
  private readonly broken: unknown[] = [];

  /** @param todo the points still to be struck, in their order; what is struck is taken out of it. */
  constructor(
    private readonly arena: Arena,
    private readonly fault: Fault,
    private readonly todo: Point[],
  ) {}

  /** Runs it to its end and verifies what it left. @returns how it ended, and a cell for every point that was struck. */
  async run(): Promise<{ ended: Ended; cells: Cell[] }> {
    const { arena } = this;
    const writers = await startWriters({ connection: arena.cluster.connection, writers: 2, intervalMs: 20 });
    arena.serving = arena.version;
    arena.reached = ({ step, when }) => this.reached(step, when);
    const ended = await this.migrate();
    this.running.clear(); // a step that failed never came to its end
    await Promise.all(this.inWait);
    await this.strikes;
    if (this.broken.length > 0) throw this.broken[0]; // the matrix itself failed, and not the migration
    await writers.stop();
    const held = await verify(arena, writers, ended);
    const cells = this.struck.map(({ point, at }, index): Cell => {
      const last = index === this.struck.length - 1;
      return {
        step: nameOf(point),
        fault: this.fault.name,
        outcome: held.why ? 'lost' : !ended.completed && last ? 'undone' : 'went on',
        missing: held.missing,
        outageMs: longest(writers, at, this.struck[index + 1]?.at),
        ...(held.why && { why: held.why }),
        ...(!held.why && !ended.completed && last && { why: ended.said }),
      };
    });
    if (ended.completed) arena.version = arena.next!;
    return { ended, cells };
  }

  private async migrate(): Promise<Ended> {
    const { client, host, next } = this.arena;
    const input = {
      cluster: host.name,
      to: next,
      mode: MODES[next!],
      soakAfterLast: '2s',
      watchEvery: '1s',
      // A fault shows in the log, in the processor's load and on the disk; whether data is lost is looked at here.
      thresholds: { cpu: 'off', 'free-disk': 'off', 'log-errors': 'off', 'slow-queries': 'off' },
    };
    const handle = await client.workflow.start('stepMigration', {
      taskQueue: DEFAULT_TASK_QUEUE,
      workflowId: migrationId(host.name),
      args: [input],
    });
    const began = Date.now();
    return ending(handle, () => (this.struck.at(-1)?.at ?? began) + DEADLINE_MS);
  }

  private async reached(activity: string, when: 'before' | 'after'): Promise<void> {
    const step = stepOf(activity, this.opened);
    if (when === 'before') this.running.add(step);
    else this.running.delete(step);
    if (activity === 'outage' && when === 'after') this.arena.serving = this.arena.next!;
    await this.strike(this.todo.find((point) => point.step === step && point.when === when));
    if (when === 'before') this.inWait.push(this.guarded(() => this.lieInWait(step)));
    if (activity === 'outage' && when === 'after') this.opened = true;
  }

  /** Strikes while the step's programs run, one after the other. */
  private async lieInWait(step: string): Promise<void> {
    for (;;) {
      const point = this.todo.find((each) => each.step === step && each.when === 'in');
      if (!point) return;
      while (!(await this.arena.host.runs(point.program!))) {
        if (!this.running.has(step)) return;
        await sleep(LOOK_MS);
      }
      await this.strike(point);
    }
  }

  private strike(point: Point | undefined): Promise<void> {
    const next = this.strikes.then(() =>
      this.guarded(async () => {
        if (!point || !this.todo.includes(point)) return;
        this.todo.splice(this.todo.indexOf(point), 1);
        this.struck.push({ point, at: Date.now() });
        await this.fault.strike(this.arena, point);
      }),
    );
    return (this.strikes = next);
  }

  /** What fails here is the matrix itself; it is told once the migration has ended. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.broken.push(error);
    }
  }
}

/** How each target is reached, so that every way of carrying files over is met. */
const MODES: Record<number, string> = { 16: 'copy', 17: 'link', 18: 'swap' };

/** How a migration ended. */
export interface Ended {
  completed: boolean;
  /** What it said at the end. */
  said: string;
  /** It neither completed nor failed within the time, and was terminated. */
  stuck?: boolean;
}

async function ending(handle: WorkflowHandle, deadline: () => number): Promise<Ended> {
  for (;;) {
    const { status } = await answered(() => handle.describe(), deadline());
    if (status.name !== 'RUNNING') break;
    if (Date.now() > deadline()) return stuck(handle);
    await sleep(200);
  }
  try {
    const { status, outcome } = (await handle.result()) as Progress;
    return { completed: outcome === 'completed', said: status };
  } catch (error) {
    return { completed: false, said: String((error as Error).cause ?? error) };
  }
}

/** The service may just be away: it is killed on purpose. */
async function answered<T>(ask: () => Promise<T>, deadline: number): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}

async function stuck(handle: WorkflowHandle): Promise<Ended> {
  const progress = await handle.query<Progress>('progress');
  await handle.terminate('it does not come to an end');
  const alarms = progress.phases.flatMap(
    ({ gate }) => gate?.alarms.map(({ name, detail }) => `${name}: ${detail}`) ?? [],
  );
  return { completed: false, stuck: true, said: [progress.status, ...alarms].join('; ') };
}

function longest(writers: Writers, from: number, to = Infinity): number {
  const outages = writers.outages().filter((outage) => outage.to.getTime() >= from && outage.from.getTime() < to);
  return Math.round(Math.max(0, ...outages.map(({ ms }) => ms)));
}
