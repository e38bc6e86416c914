import { isCode, type Token } from './sql-lexer';

/** An argument of a call in the text: its operand, and the name before it where it has one (`a => …`). */
export interface ArgumentText {
  /** Index of the operand's first and last token. */
  first: number;
  last: number;
  /** Index of `=>` or `:=`. */
  arrow?: number;
}

/** Where the parts of a call stand, as indexes of tokens. */
export interface CallText {
  /** First token of the (qualified) name, and the name's own. */
  start: number;
  name: number;
  open: number;
  close: number;
  /** The commas between the arguments. */
  commas: number[];
  arguments: ArgumentText[];
}

/** Finds the parts of the call whose name begins at this offset, where PostgreSQL's parser has seen one. */
export function callText(all: Token[], from: number): CallText {
  const start = all.findIndex((token) => token.from === from);
  let name = start;
  let open = next(all, start);
  while (all[open]?.text === '.') {
    name = next(all, open);
    open = next(all, name);
  }
  const commas: number[] = [];
  const close = closing(all, open, commas);
  const bounds = [open, ...commas, close];
  const parts = bounds.slice(1).map((end, index) => argument(all, bounds[index], end));
  return { start, name, open, close, commas, arguments: parts };
}

/** Index of the next token that is neither space nor comment; past the end where there is none. */
export function next(all: Token[], index: number): number {
  let at = index + 1;
  while (at < all.length && !isCode(all[at])) at += 1;
  return at;
}

/** Index of the token before, or -1. */
export function previous(all: Token[], index: number): number {
  let at = index - 1;
  while (at >= 0 && !isCode(all[at])) at -= 1;
  return at;
}

/** Whether one pair of parentheses is around all of an operand. */
export function parenthesized(all: Token[], { first, last }: ArgumentText): boolean {
  return all[first].text === '(' && closing(all, first) === last;
}

function closing(all: Token[], open: number, commas: number[] = []): number {
  for (let at = open, depth = 0; at < all.length; at += 1) {
    if ('(['.includes(all[at].text)) depth += 1;
    else if (')]'.includes(all[at].text)) depth -= 1;
    else if (all[at].text === ',' && depth === 1) commas.push(at);
    if (depth === 0) return at;
  }
  throw new Error('a call that PostgreSQL has parsed does not end: a defect of the lexer');
}

function argument(all: Token[], before: number, after: number): ArgumentText {
  const first = next(all, before);
  const arrow = next(all, first);
  const last = previous(all, after);
  const named = all[first].kind !== 'string' && ['=>', ':='].includes(all[arrow]?.text ?? '');
  return named ? { first: next(all, arrow), last, arrow } : { first, last };
}
