import type { Writers } from '../sandbox/writers';
import type { Terminal } from '../src/cli/terminal';
import type { Progress } from '../src/migration/progress';
import { events } from '../src/report/events';
import { statusView } from '../src/report/status-view';
import { span } from '../src/report/wording';

/** Shows the migration together with what the writers see. */
export interface View {
  show(progress: Progress): void;
  /** Prints a line that stays; what was shown before it stays too, and is drawn anew below. */
  say(line: string): void;
}

/** Redrawn on a terminal, a line for each change elsewhere. */
export function viewFor(terminal: Terminal, writers: Writers): View {
  return terminal.redraws ? new RedrawnView(terminal, writers) : new LineView(terminal, writers);
}

class RedrawnView implements View {
  private drawn = 0;

  constructor(
    private readonly terminal: Terminal,
    private readonly writers: Writers,
  ) {}

  show(progress: Progress): void {
    const { columns, rows } = this.terminal.size();
    // A line that wraps or scrolls away can't be drawn over.
    const lines = [writersLine(this.writers), ...statusView(progress, Date.now())]
      .slice(0, rows - 1)
      .map((line) => [...line].slice(0, columns - 1).join(''));
    const up = this.drawn > 0 ? `\u001b[${this.drawn}A` : '';
    this.terminal.out(`${up}\r\u001b[J${lines.join('\n')}\n`);
    this.drawn = lines.length;
  }

  say(line: string): void {
    this.terminal.out(`${line}\n`);
    this.drawn = 0;
  }
}

function writersLine(writers: Writers): string {
  const { acknowledged, downSince } = writers.status();
  const now = downSince ? `, none for ${span(Date.now() - downSince.getTime())}` : '';
  return `clients: ${acknowledged} writes acknowledged${now}`;
}

class LineView implements View {
  private last?: Progress;
  private outages: number;

  constructor(
    private readonly terminal: Terminal,
    private readonly writers: Writers,
  ) {
    this.outages = writers.outages().length;
  }

  show(progress: Progress): void {
    const outages = this.writers.outages();
    const seen = outages.slice(this.outages).map(({ ms }) => `clients could not write for ${span(ms)}`);
    for (const line of [...seen, ...events(this.last, progress, Date.now())]) this.terminal.out(`${line}\n`);
    this.outages = outages.length;
    this.last = progress;
  }

  say(line: string): void {
    this.terminal.out(`${line}\n`);
  }
}
