import type { Progress } from '../migration/progress';
import { events } from '../report/events';
import { statusView } from '../report/status-view';
import { wrapIndented } from '../report/text-wrap';
import type { Terminal } from './terminal';

/** Shows a migration again and again while it is watched. */
export interface Screen {
  show(progress: Progress): void;
  /** Something is wrong with the watching, not with the migration; undefined when it is over. */
  trouble(text: string | undefined): void;
}

/** The screen that fits: redrawn on a terminal, lines in a pipe, one JSON document a line for programs. */
export function screenFor(terminal: Terminal, output: 'text' | 'json'): Screen {
  if (output === 'json') return new JsonScreen(terminal);
  return terminal.redraws ? new RedrawnScreen(terminal) : new LineScreen(terminal);
}

class RedrawnScreen implements Screen {
  private drawn = 0;
  private last?: Progress;
  private note?: string;

  constructor(private readonly terminal: Terminal) {}

  show(progress: Progress): void {
    this.last = progress;
    this.draw();
  }

  trouble(text: string | undefined): void {
    this.note = text;
    if (text) this.draw();
  }

  private draw(): void {
    const { columns, rows } = this.terminal.size();
    const note = this.note ? [...wrapIndented(`! ${this.note}`, columns), ''] : [];
    const room = { columns, rows: rows - 1 - note.length };
    const lines = [...note, ...(this.last ? statusView(this.last, Date.now(), room) : [])];
    const up = this.drawn > 0 ? `\u001b[${this.drawn}A` : '';
    this.terminal.out(`${up}\r\u001b[J${lines.join('\n')}\n`);
    // What has scrolled away can't be drawn over.
    this.drawn = Math.min(
      rows - 1,
      lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0),
    );
  }
}

class LineScreen implements Screen {
  private last?: Progress;
  private note?: string;

  constructor(private readonly terminal: Terminal) {}

  show(progress: Progress): void {
    for (const line of events(this.last, progress, Date.now())) this.terminal.out(`${line}\n`);
    this.last = progress;
  }

  trouble(text: string | undefined): void {
    if (text && text !== this.note) this.terminal.err(`${text}\n`);
    if (!text && this.note) this.terminal.err('Watching again.\n');
    this.note = text;
  }
}

class JsonScreen implements Screen {
  private last = '';

  constructor(private readonly terminal: Terminal) {}

  show(progress: Progress): void {
    const line = JSON.stringify(progress);
    if (line !== this.last) this.terminal.out(`${line}\n`);
    this.last = line;
  }

  trouble(text: string | undefined): void {
    if (text) this.terminal.err(`${text}\n`);
  }
}
