import { isCode, tokenAt, type Token } from './sql-lexer';

/** One statement of a script; what psql takes out of it (meta-commands) is blanked in `text`, so offsets stay. */
export interface Statement {
  from: number;
  to: number;
  text: string;
}

/** psql's commands that send what was written so far. */
const SENDS = /^\\(?:g|gx|gset|gexec|gdesc|watch|crosstabview)\b/;

/**
 * Takes a script apart as psql does: at semicolons outside parentheses, quotes and the bodies of BEGIN ATOMIC functions.
 * `psql`: the script is a file for it, whose meta-commands and data after COPY … FROM stdin are no statements.
 */
export function statements(script: string, psql: boolean): Statement[] {
  const found: Statement[] = [];
  let current = open(0);
  const close = (to: number) => {
    found.push({ from: current.from, to, text: current.parts.join('') });
  };
  for (let at = 0; at < script.length;) {
    const token = tokenAt(script, at);
    at = token.to;
    if (psql && token.text === '\\') {
      const command = script.slice(token.from, (at = endOfLine(script, token.from)));
      if (SENDS.test(command)) {
        close(token.from);
        current = open(at);
      } else current.parts.push(command.replace(/[^\n]/g, ' '));
    } else if (token.text === ';' && endsStatement(current)) {
      close(token.from);
      if (psql && readsInput(current)) at = afterData(script, at);
      current = open(at);
    } else take(current, token);
  }
  close(script.length);
  return found.filter(({ text }) => text.trim() !== '');
}

interface Open {
  from: number;
  parts: string[];
  /** Words in lower case, as far as they tell what kind of statement it is. */
  words: string[];
  parentheses: number;
  /** Depth of BEGIN ATOMIC … END and the CASEs inside. */
  blocks: number;
}

const open = (from: number): Open => ({ from, parts: [], words: [], parentheses: 0, blocks: 0 });

function take(statement: Open, token: Token): void {
  // The parser knows no byte order mark.
  statement.parts.push(token.text.replaceAll('\uFEFF', ' '));
  if (token.text === '(') statement.parentheses += 1;
  else if (token.text === ')') statement.parentheses -= 1;
  else if (token.kind === 'name') takeWord(statement, token.text.toLowerCase());
  else if (isCode(token)) statement.words.push('');
}

function takeWord(statement: Open, word: string): void {
  const { words } = statement;
  if (word === 'atomic' && words.at(-1) === 'begin' && words[0] === 'create') statement.blocks += 1;
  else if (statement.blocks > 0 && word === 'case') statement.blocks += 1;
  else if (statement.blocks > 0 && word === 'end') statement.blocks -= 1;
  words.push(word);
}

const endsStatement = ({ parentheses, blocks }: Open): boolean => parentheses <= 0 && blocks <= 0;

function readsInput({ words }: Open): boolean {
  return words[0] === 'copy' && words.some((word, index) => word === 'from' && words[index + 1] === 'stdin');
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** Data ends with a line that holds a backslash and a dot. */
function afterData(text: string, from: number): number {
  const start = endOfLine(text, from);
  const end = /^\\\.\r?$/m;
  const found = end.exec(text.slice(start));
  return found ? start + found.index + found[0].length : text.length;
}
