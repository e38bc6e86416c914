import { run } from '../../../src/cli/program';
import type { Terminal } from '../../../src/cli/terminal';

/** What a command printed, and its exit code. */
export interface Ran {
  exit: number;
  out: string;
  err: string;
}

/** A terminal that keeps what is printed. */
export class CapturedTerminal implements Terminal {
  printed = '';
  remarks = '';
  readonly questions: string[] = [];
  redraws = false;
  readonly user = 'dora';

  /** `answers`: what the person types at each question; with none given, nobody is there to ask. */
  constructor(private readonly answers: string[] = []) {}

  get interactive(): boolean {
    return this.answers.length > 0 || this.questions.length > 0;
  }

  out(text: string): void {
    this.printed += text;
  }

  err(text: string): void {
    this.remarks += text;
  }

  size(): { columns: number; rows: number } {
    return { columns: 100, rows: 40 };
  }

  async ask(question: string): Promise<string> {
    this.questions.push(question);
    return Promise.resolve(this.answers.shift() ?? '');
  }
}

/** Runs the CLI in this process with the words of the line, as the shell would; quotes hold a word together. */
export async function pgpassage(line: string, terminal = new CapturedTerminal()): Promise<Ran> {
  const words = line.match(/"[^"]*"|\S+/g) ?? [];
  const exit = await run(
    words.map((word) => word.replace(/^"|"$/g, '')),
    terminal,
  );
  return { exit, out: terminal.printed, err: terminal.remarks };
}
