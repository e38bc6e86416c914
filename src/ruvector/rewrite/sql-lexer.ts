/** What a stretch of SQL text is. */
export type TokenKind =
  | 'space'
  | 'comment'
  | 'string'
  | 'dollar'
  | 'quoted'
  | 'name'
  | 'number'
  | 'parameter'
  | 'operator'
  | 'special'
  | 'unknown';

export interface Token {
  kind: TokenKind;
  from: number;
  to: number;
  text: string;
}

/**
 * PostgreSQL's lexical structure (documentation, chapter 4.1) in UTF-16 offsets. It reads also what the server's own scanner
 * can't: psql's backslashes and the placeholders of drivers, as `unknown` or as operators. What is a call is decided by the
 * server's grammar, never here.
 */
const RULES: [TokenKind, RegExp][] = [
  ['space', /\s+/y],
  ['comment', /--[^\n\r]*/y],
  ['string', /[eE]'[^'\\]*(?:(?:''|\\[^])[^'\\]*)*(?:'|$)/y],
  ['string', /(?:[uU]&|[nNbBxX])?'[^']*(?:''[^']*)*(?:'|$)/y],
  ['quoted', /(?:[uU]&)?"[^"]*(?:""[^"]*)*(?:"|$)/y],
  ['parameter', /\$\d+/y],
  ['number', /(?:\d[\d_]*(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?\w*/y],
  ['name', /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y],
  ['special', /::|:=|\.\.|=>(?![+\-*/<>=~!@#%^&|`?])|[()[\],;.:]/y],
];

const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const OPERATOR = /[+\-*/<>=~!@#%^&|`?]+/y;

/** The token that begins at this offset. */
export function tokenAt(text: string, from: number): Token {
  const token = (kind: TokenKind, to: number): Token => ({ kind, from, to, text: text.slice(from, to) });
  if (text.startsWith('/*', from)) return token('comment', endOfComment(text, from));
  const tag = match(DOLLAR, text, from);
  if (tag) {
    const close = text.indexOf(tag, from + tag.length);
    return token('dollar', close < 0 ? text.length : close + tag.length);
  }
  for (const [kind, rule] of RULES) {
    const found = match(rule, text, from);
    if (found) return token(kind, from + found.length);
  }
  const run = match(OPERATOR, text, from);
  return run ? token('operator', from + operatorLength(run)) : token('unknown', from + 1);
}

/** All tokens of a text, spaces and comments included. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (let at = 0; at < text.length; at = found[found.length - 1].to) found.push(tokenAt(text, at));
  return found;
}

/** Neither space nor comment. */
export const isCode = ({ kind }: Token): boolean => kind !== 'space' && kind !== 'comment';

function match(rule: RegExp, text: string, at: number): string | undefined {
  rule.lastIndex = at;
  return rule.exec(text)?.[0];
}

/** Comments nest. */
function endOfComment(text: string, from: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = from;
  for (let depth = 0, found = mark.exec(text); found; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return text.length;
}

/** A comment ends an operator, and one that ends with + or - needs a character that no standard operator has. */
function operatorLength(run: string): number {
  const comment = run.search(/--|\/\*/);
  let operator = comment < 0 ? run : run.slice(0, comment);
  if (!/[~!@#%^&|`?]/.test(operator)) operator = operator.replace(/(?<=.)[+-]+$/, '');
  return operator.length;
}
