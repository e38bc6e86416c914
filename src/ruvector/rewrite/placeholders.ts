import type { Edit } from './mapped-text';
import { isCode, tokens, type Token } from './sql-lexer';

/** What stands for a value that a driver binds: it is one value, whatever it is. */
export const PARAMETER = 'pgpassage_parameter_';
/** What stands for text that the program puts in: it may be any piece of SQL. */
export const HOLE = 'pgpassage_hole_';

/** Whether a name stands for something that is put in at run time. */
export const isPlaceholder = (name: string): boolean => name.includes(PARAMETER) || name.includes(HOLE);

/**
 * Placeholders of drivers and templates, by what they are. `$1` is none of them: the parser knows it.
 * A colon after a word, a bracket or a colon is a slice or a cast.
 */
const STYLES: [string, RegExp][] = [
  [PARAMETER, /%\(\w+\)[sbt]|%[sbt](?!\w)/],
  [HOLE, /%[dvqf](?!\w)|%\d+\$[sd]|%\[\d+\][svdq]/],
  [HOLE, /[#$]\{[^{}]*\}|\{\w*(?:![rsa])?(?::[^{}]*)?\}/],
  [PARAMETER, /(?<![:\w)\]]):(?:[A-Za-z_]\w*|'[^']*'|"[^"]*")/],
  ['?', /\\\?/], // a query builder's way to write the operator
  [PARAMETER, /(?<![?@&|])\?(?![?|&])\d*/],
];

const ANY = new RegExp(STYLES.map(([, style]) => `(${style.source})`).join('|'), 'g');

/** After these words comes an operand, so that a `?` there is a placeholder; after any other word it is the jsonb operator. */
const OPERAND_FOLLOWS = new Set(
  `select distinct all where and or not limit offset between like ilike in then else when by on returning values set case
   from using any some is interval having as default fetch first next with to add exists similar escape`
    .trim()
    .split(/\s+/),
);

/** Words after which a driver puts in a list in parentheses of its own. */
const LIST_FOLLOWS = new Set(['in', 'values']);

/** What makes SQL of a text with placeholders: each one replaced by a name. */
export function fillPlaceholders(text: string): Edit[] {
  const all = tokens(text);
  const code = all.filter(isCode);
  const edits: Edit[] = [];
  for (const match of text.matchAll(ANY)) {
    const from = match.index;
    const to = from + match[0].length;
    if (hidden(all, from)) continue;
    const before = code.findLast((token) => token.to <= from);
    const attached = code.find((token) => token.from < from && token.to > from);
    if (match[0].startsWith('?') && isOperand(attached ?? before, text.slice(attached?.from ?? from, from))) continue;
    const [stands] = STYLES[match.slice(1).findIndex((group) => group !== undefined)];
    const name = stands === '?' ? stands : `${stands}${edits.length + 1}`;
    const inList = before !== undefined && LIST_FOLLOWS.has(before.text.toLowerCase());
    edits.push({ from, to, text: inList ? `(${name})` : spaced(text, to, name) });
  }
  return edits;
}

/** A name must not grow together with what stands beside the placeholder; a template's text may: `emb_${n}`. */
function spaced(text: string, to: number, name: string): string {
  return name.startsWith(PARAMETER) && /\w/.test(text[to] ?? '') ? `${name} ` : name;
}

/** Whether a place is inside a constant, a quoted name or a comment. */
function hidden(all: Token[], at: number): boolean {
  return all.some(({ kind, from, to }) => HIDING.includes(kind) && from < at && at < to);
}

const HIDING: Token['kind'][] = ['string', 'dollar', 'quoted', 'comment'];

/** Whether what stands before a `?` is a value, which makes it the jsonb operator. */
function isOperand(before: Token | undefined, attached: string): boolean {
  if (!before || attached) return false;
  if (before.kind === 'name') return !OPERAND_FOLLOWS.has(before.text.toLowerCase());
  return before.kind !== 'operator' && ![',', '(', '[', '::', ':='].includes(before.text);
}
