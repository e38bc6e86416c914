import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';

/** Where a command reads and writes. Tests give their own. */
export interface Terminal {
  /** Standard output: the answer, nothing else. */
  out(text: string): void;
  /** Standard error: remarks and errors. */
  err(text: string): void;
  /** Someone can be asked. */
  readonly interactive: boolean;
  /** What was printed can be redrawn. */
  readonly redraws: boolean;
  /** Size in characters. */
  size(): { columns: number; rows: number };
  ask(question: string): Promise<string>;
  /** Name of the OS user, who signs messages unless `--by` says otherwise. */
  readonly user: string;
}

/** Width of text that goes to a file or a pipe. */
const PLAIN_COLUMNS = 120;

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdin, stdout, stderr } = process;
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive: Boolean(stdin.isTTY && stderr.isTTY),
    redraws: Boolean(stdout.isTTY),
    // Some terminals say that they have no columns at all.
    size: () => ({ columns: stdout.columns || PLAIN_COLUMNS, rows: stdout.rows || Infinity }),
    ask,
    user: userName(),
  };
}

async function ask(question: string): Promise<string> {
  // The question goes to standard error, so that standard output holds the answer only.
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await prompt.question(question);
  } finally {
    prompt.close();
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A container's user may have a number only.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
