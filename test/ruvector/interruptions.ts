import type { Reached } from '../../chaos/worker';

/**
 * After how many milliseconds of work in the nth activity the worker is killed; at the latest it is killed when the work is
 * done and nobody was told. Undefined: it is not killed.
 */
export type KillAfter = (activity: string, nth: number) => number | undefined;

/** Kills the worker in the first attempts of activities, and keeps how long each one worked. Activities come one after the other. */
export class Interruptions {
  /** The activities in which the worker was killed, in their order. */
  readonly killed: string[] = [];
  /** Milliseconds that each activity's first attempt took, in their order; undefined where it was killed before its end. */
  readonly worked: (number | undefined)[] = [];
  private began = 0;
  private timer?: NodeJS.Timeout;
  /** Set once the worker is being killed: what it said last is of no account then. */
  private dying = false;

  /** @param replace kills the worker and starts another one. */
  constructor(
    private readonly after: KillAfter,
    private readonly replace: () => Promise<void>,
  ) {}

  /** Called at every stop of the worker, which goes on when the promise is fulfilled. */
  async reached({ step, when, attempt }: Reached): Promise<void> {
    if (attempt > 1) return;
    if (when === 'before') return this.begin(step);
    if (this.dying) return;
    this.worked[this.worked.length - 1] = Date.now() - this.began;
    if (this.after(step, this.worked.length - 1) !== undefined) await this.kill(step);
  }

  private begin(step: string): void {
    const ms = this.after(step, this.worked.push(undefined) - 1);
    this.began = Date.now();
    this.dying = false;
    if (ms !== undefined && ms !== Infinity) this.timer = setTimeout(() => void this.kill(step), ms);
  }

  private async kill(step: string): Promise<void> {
    clearTimeout(this.timer);
    this.dying = true;
    this.killed.push(step);
    await this.replace();
  }
}
