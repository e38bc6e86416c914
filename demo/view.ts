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
  readonly say: (line: string) => void;
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
    const lines = [writersLine(this.writers), ...statusView(progress, Date.now(), { columns, rows: rows - 2 })];
    const up = this.drawn > 0 ? `\u001b[${this.drawn}A` : '';
    this.terminal.out(`${up}\r\u001b[J${lines.join('\n')}\n`);
    // What has scrolled away can't be drawn over, and a line that wraps takes more than one.
    const drawn = lines.map((line) => Math.max(1, Math.ceil(line.length / columns)));
    this.drawn = Math.min(
      rows - 1,
      drawn.reduce((sum, each) => sum + each, 0),
    );
  }

  readonly say = (line: string): void => {
    this.terminal.out(`${line}\n`);
    this.drawn = 0;
  };
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

  readonly say = (line: string): void => void this.terminal.out(`${line}\n`);
}
