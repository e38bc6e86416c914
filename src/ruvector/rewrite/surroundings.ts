import { next, previous, type CallText } from './call-text';
import { HOLE } from './placeholders';
import type { Token } from './sql-lexer';

/** What of the surroundings can't be seen from the tokens beside a call. */
export interface Place {
  /** The grammar has a column, a function call or an expression in parentheses here: indexes, partition keys, statistics. */
  element: boolean;
  /** The text is a piece of a statement between these offsets: what it will stand beside is not known. */
  piece?: { from: number; to: number };
  /** A column name is put right after it. */
  named: boolean;
}

/** These bind less tightly than an operator such as `<=>` (documentation, 4.1.6), so the operand reaches as far as it should. */
const COMPARISONS = new Set(['<', '>', '=', '<=', '>=', '<>', '!=']);
/** Words and signs that bind more tightly when they come after. */
const TIGHTER_AFTER = new Set(['::', '[', 'operator', 'at', 'collate']);

/**
 * Whether an operator in place of this call has to be put in parentheses: where a neighbour binds as tightly or tighter, where
 * the grammar wants it, or where nobody knows what will stand beside it.
 */
export function needsParentheses(all: Token[], call: CallText, place: Place): boolean {
  const before = previous(all, call.start);
  const after = next(all, call.close);
  if (enclosed(all, before, after, place)) return false;
  return (
    place.element ||
    atEdge(all, call, place) ||
    binds(all[before]) ||
    binds(all[after]) ||
    TIGHTER_AFTER.has(all[after]?.text.toLowerCase() ?? '') ||
    endsOperatorName(all, before) ||
    [all[before], all[after]].some((token) => token?.text.includes(HOLE))
  );
}

function binds(token: Token | undefined): boolean {
  return token?.kind === 'operator' && !COMPARISONS.has(token.text);
}

/** In `ON t (f(a, b))` the parentheses are the list's; in `ON t ((f(a, b)))` the inner ones are the expression's. */
function enclosed(all: Token[], before: number, after: number, place: Place): boolean {
  if (all[before]?.text !== '(' || all[after]?.text !== ')') return false;
  return !place.element || ['(', ','].includes(all[previous(all, before)]?.text ?? '');
}

function atEdge(all: Token[], call: CallText, { piece }: Place): boolean {
  if (!piece) return false;
  const before = previous(all, call.start);
  const after = next(all, call.close);
  return before < 0 || all[before].from < piece.from || after >= all.length || all[after].from >= piece.to;
}

/** The parenthesis that closes `OPERATOR(schema.+)`. */
function endsOperatorName(all: Token[], before: number): boolean {
  if (all[before]?.text !== ')') return false;
  let at = previous(all, before);
  if (all[at]?.kind !== 'operator') return false;
  while (at >= 0 && all[at].text !== '(') at = previous(all, at);
  return all[previous(all, at)]?.text.toLowerCase() === 'operator';
}
