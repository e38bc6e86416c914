/** sshd lets a connection have ten sessions at once by default (MaxSessions). */
const MOST_AT_ONCE = 8;

/** How many commands run at once on one connection; the others wait for their turn. */
export class Slots {
  private used = 0;
  private limit = MOST_AT_ONCE;
  private readonly waiting: (() => void)[] = [];

  async take(): Promise<void> {
    while (this.used >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.used += 1;
  }

  release(): void {
    this.used -= 1;
    this.waiting.shift()?.();
  }

  /** After the host refused one more than are in use: that many from now on. False where none is in use. */
  narrow(): boolean {
    if (this.used === 0) return false;
    this.limit = this.used;
    return true;
  }
}
