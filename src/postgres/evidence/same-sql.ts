/** One word of SQL text. */
interface Token {
  text: string;
  /** Of a name with all its qualifiers, which is one word: its parts, the last of them the name itself. */
  name?: string[];
  /** Of the list of columns behind the alias of a function, which is one word too: the columns. */
  columns?: string[];
}

const NAME = String.raw`(?:"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*)`;
const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    String.raw`[eExXbBnN]?'(?:[^']|'')*'`,
    String.raw`(?<name>${NAME}(?:\.${NAME})*)`,
    String.raw`\d[\w.]*`,
    String.raw`[-+*/<>=~!@#%^&|?:]+`,
    '.',
  ].join('|'),
  'gsu',
);

/**
 * Whether two texts that servers of different majors deparsed say the same. They differ
 * - in white space;
 * - in how far names are qualified: until 15 a view's columns always are, from 16 on only where more than one table is
 *   read. A name is the same as that name with qualifiers in front. Which table a column is of, when only one side says
 *   so, is what this does not see;
 * - in the NO INDENT that XMLSERIALIZE ends with from 16 on;
 * - in the columns behind a system function's alias, of which a later version has more.
 * Everything else has to be the same word for word.
 */
export function sameSql(before: string, after: string): boolean {
  if (before === after) return true;
  const [left, right] = [tokens(before), tokens(after)];
  return left.length === right.length && left.every((token, index) => sameToken(token, right[index]));
}

function sameToken(left: Token, right: Token): boolean {
  if (left.text === right.text) return true;
  if (left.columns && right.columns) return left.columns.join() === right.columns.slice(0, left.columns.length).join();
  if (!left.name || !right.name) return false;
  const [short, long] = left.name.length < right.name.length ? [left.name, right.name] : [right.name, left.name];
  return short.join('.') === long.slice(-short.length).join('.');
}

function tokens(sql: string): Token[] {
  const found: Token[] = [];
  for (const { 0: text, groups = {} } of sql.matchAll(TOKEN)) {
    if (groups.space === undefined) found.push(groups.name === undefined ? { text } : { text, name: nameParts(text) });
  }
  return foldColumns(found.filter((_, index) => !isNoIndent(found, index) && !isNoIndent(found, index - 1)));
}

const nameParts = (text: string): string[] => text.match(/"(?:[^"]|"")*"|[^."]+/g) ?? [];

const isNoIndent = (found: Token[], index: number): boolean =>
  ['NO', 'INDENT', ')'].every((word, offset) => found[index + offset]?.text === word);

/** Makes one word of each `(a, b)` in `f(x) alias(a, b)`. Keywords are in upper case there, names are not or are quoted. */
function foldColumns(found: Token[]): Token[] {
  const folded: Token[] = [];
  for (let index = 0; index < found.length; index += 1) {
    const columns = isAlias(folded) ? columnsAt(found, index) : undefined;
    folded.push(columns ? { text: columns.join(), columns } : found[index]);
    if (columns) index += 2 * columns.length;
  }
  return folded;
}

const isAlias = (before: Token[]): boolean =>
  before.at(-2)?.text === ')' && before.at(-1)?.name !== undefined && !/^[A-Z]/.test(String(before.at(-1)?.text));

/** The names of a list of nothing but names that starts here. */
function columnsAt(found: Token[], start: number): string[] | undefined {
  if (found[start].text !== '(') return undefined;
  const columns: string[] = [];
  for (let index = start + 1; found[index]?.name; index += 2) {
    columns.push(found[index].text);
    if (found[index + 1]?.text === ')') return columns;
    if (found[index + 1]?.text !== ',') return undefined;
  }
  return undefined;
}
