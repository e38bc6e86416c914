/** A time in which clients could not write. */
export interface Outage {
  /** The last acknowledged commit before it. */
  from: Date;
  /** The first acknowledged commit after it. */
  to: Date;
  ms: number;
}

/**
 * Turns the acknowledgements and failures of several writers into outages: the gaps between one acknowledgement and the
 * next, whoever got them, in which somebody met an error.
 */
export class OutageClock {
  readonly outages: Outage[] = [];
  acknowledgements = 0;
  private errors = 0;
  private lastError?: string;
  private errorSinceLast = false;
  // Wall-clock time for people, monotonic time for the length: the first may be set back in between.
  private last?: { date: Date; clock: number };

  acknowledged(): void {
    const now = { date: new Date(), clock: performance.now() };
    if (this.last && this.errorSinceLast) {
      this.outages.push({ from: this.last.date, to: now.date, ms: now.clock - this.last.clock });
    }
    this.acknowledgements++;
    this.errorSinceLast = false;
    this.last = now;
  }

  failed(error: unknown): void {
    this.errors++;
    this.lastError = error instanceof Error ? error.message : String(error);
    this.errorSinceLast = true;
  }

  /** What went wrong so far, and since when nothing has been acknowledged, if that is so now. */
  trouble(): { errors: number; lastError?: string; downSince?: Date } {
    return {
      errors: this.errors,
      lastError: this.lastError,
      downSince: this.errorSinceLast ? this.last?.date : undefined,
    };
  }
}
