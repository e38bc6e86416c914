import type { Call } from './calls';
import { callText, next } from './call-text';
import type { Edit } from './mapped-text';
import type { Node } from './parse-tree';
import type { Token } from './sql-lexer';

/** Words that end an item of a select list. */
const ENDS = new Set(
  'from into where group having window union intersect except order limit offset fetch for on returning'.split(' '),
);

/**
 * A call that is an item of a select list gives the column its name, and an operator gives none: programs read the column
 * by that name, and views keep it. Adds `AS name` there, as PostgreSQL's FigureColname() would have named the column.
 */
export function keepColumnName(all: Token[], from: number, call: Call): Edit | undefined {
  const target = namedBy(call);
  if (!target) return undefined;
  target.name = call.name;
  const text = callText(all, from);
  const last = endOfItem(all, text.close);
  const after = all[last + 1];
  const glue = after !== undefined && !['space', 'comment', 'special'].includes(after.kind) ? ' ' : '';
  return { from: all[last].to, to: all[last].to, text: ` AS ${call.name}${glue}` };
}

/** The item without a name of its own whose name the call decides: directly, by way of casts, or as the ELSE of a CASE. */
function namedBy({ node, parents }: Call): Node | undefined {
  let child: { kind: string; node: Node } = { kind: 'FuncCall', node };
  for (const parent of parents.toReversed()) {
    if (parent.kind === 'ResTarget') return parent.node.name === undefined ? parent.node : undefined;
    const passed = parent.kind === 'CaseExpr' ? parent.node.defresult : parent.node.arg;
    if (!['TypeCast', 'CollateClause', 'CaseExpr'].includes(parent.kind)) return undefined;
    if ((passed as Node | undefined)?.[child.kind] !== child.node) return undefined;
    child = parent;
  }
  return undefined;
}

/** Index of the last token of the item that goes on after this one. */
function endOfItem(all: Token[], from: number): number {
  let last = from;
  for (let at = next(all, from), depth = 0; at < all.length; at = next(all, at)) {
    const { text, kind } = all[at];
    if (depth === 0 && (',);'.includes(text) || (kind === 'name' && ENDS.has(text.toLowerCase())))) break;
    if ('(['.includes(text)) depth += 1;
    else if (')]'.includes(text)) depth -= 1;
    last = at;
  }
  return last;
}
