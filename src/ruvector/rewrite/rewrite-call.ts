import type { Call } from './calls';
import { callText, parenthesized, previous, type ArgumentText, type CallText } from './call-text';
import type { Edit } from './mapped-text';
import { DISTANCES, VECTOR_TYPE, type RewriteOptions } from './names';
import { isOpen, isUntyped } from './operands';
import { nameNodes, type Node } from './parse-tree';
import type { Token } from './sql-lexer';
import { needsParentheses, type Place } from './surroundings';

/** A call rewritten: the edits of the text, and the node that PostgreSQL's parser has to see in its place afterwards. */
export interface Rewrite {
  edits: Edit[];
  expected: Node;
}

/** Writes one call anew. Arguments come as they will be, with the calls inside them already rewritten in the tree. */
export function rewriteCall(all: Token[], from: number, call: Call, place: Place, options: RewriteOptions): Rewrite {
  const text = callText(all, from);
  return options.to === 'functions' ? renamed(all, text, call) : asOperator(all, text, call, place, options);
}

function renamed(all: Token[], text: CallText, { name, node, schema }: Call): Rewrite {
  const to = DISTANCES[name].name!;
  const { from, to: end } = all[text.name];
  const funcname = nameNodes(schema === undefined ? [to] : [schema, to]);
  return { edits: [{ from, to: end, text: to }], expected: { FuncCall: { ...node, funcname } } };
}

function asOperator(all: Token[], text: CallText, call: Call, place: Place, options: RewriteOptions): Rewrite {
  const { operator } = DISTANCES[call.name];
  const negative = operator === '<#>' && options.innerProduct === 'negative';
  const wrap = needsParentheses(all, text, place);
  const [left, right] = (call.node.args as Node[]).map(
    (arg) => ((arg.NamedArgExpr as Node | undefined)?.arg ?? arg) as Node,
  );
  const cast = isUntyped(left) && isUntyped(right);
  const qualifier = all
    .slice(text.start, text.name)
    .map((token) => token.text)
    .join('');
  const written = qualifier ? `OPERATOR(${qualifier}${operator})` : operator;
  return {
    edits: [
      ...opening(all, text, `${wrap ? '(' : ''}${negative ? '-(' : ''}`),
      ...operand(all, text.arguments[0], isOpen(left), cast ? `::${qualifier}${VECTOR_TYPE}` : ''),
      comma(all, text.commas[0], written),
      ...operand(all, text.arguments[1], isOpen(right), ''),
      closing(all, text, `${negative ? ')' : ''}${wrap ? ')' : ''}`, place.named),
    ],
    expected: expectedNode(call.schema, operator, { left: cast ? castNode(left, call.schema) : left, right }, negative),
  };
}

/** `name (` becomes what opens the operator's expression; a comment in between stays. */
function opening(all: Token[], { start, name, open }: CallText, text: string): Edit[] {
  const rest = spacesAfter(all, open);
  if (all.slice(name + 1, open).every(({ kind }) => kind === 'space'))
    return [{ from: all[start].from, to: rest, text }];
  return [
    { from: all[start].from, to: all[name].to, text },
    { from: all[open].from, to: rest, text: '' },
  ];
}

/** Parentheses and cast around an operand; the name of a named argument goes. */
function operand(all: Token[], argument: ArgumentText, open: boolean, cast: string): Edit[] {
  const bare = open && !parenthesized(all, argument);
  const edits: Edit[] = [];
  if (argument.arrow !== undefined) {
    const from = all[previous(all, argument.arrow)].from;
    edits.push({ from, to: spacesAfter(all, argument.arrow), text: '' });
  }
  const at = all[argument.first].from;
  if (bare) edits.push({ from: at, to: at, text: '(' });
  const end = all[argument.last].to;
  if (bare || cast) edits.push({ from: end, to: end, text: `${bare ? ')' : ''}${cast}` });
  return edits;
}

function comma(all: Token[], at: number, operator: string): Edit {
  const spaceBefore = all[at - 1].kind === 'space' ? '' : ' ';
  const spaceAfter = all[at + 1]?.kind === 'space' ? '' : ' ';
  return { from: all[at].from, to: all[at].to, text: `${spaceBefore}${operator}${spaceAfter}` };
}

function closing(all: Token[], { close }: CallText, text: string, named: boolean): Edit {
  const spaces = all[close - 1].kind === 'space' && !all[close - 2].text.startsWith('--');
  const from = all[spaces ? close - 1 : close].from;
  // Without the parenthesis the operand would grow together with a word that follows at once.
  const after = all[close + 1];
  const glue =
    text === '' && !named && after !== undefined && !['space', 'comment', 'special', 'operator'].includes(after.kind);
  return { from, to: all[close].to, text: glue ? ' ' : text };
}

/** End of the space after a token. */
function spacesAfter(all: Token[], index: number): number {
  const after = all[index + 1];
  return after?.kind === 'space' ? after.to : all[index].to;
}

function castNode(arg: Node, schema?: string): Node {
  const names = nameNodes(schema === undefined ? [VECTOR_TYPE] : [schema, VECTOR_TYPE]);
  return { TypeCast: { arg, typeName: { names, typemod: -1 } } };
}

function expectedNode(
  schema: string | undefined,
  operator: string,
  { left, right }: { left: Node; right: Node },
  negative: boolean,
): Node {
  const name = nameNodes(schema === undefined ? [operator] : [schema, operator]);
  const distance = { A_Expr: { kind: 'AEXPR_OP', name, lexpr: left, rexpr: right } };
  return negative ? { A_Expr: { kind: 'AEXPR_OP', name: nameNodes(['-']), rexpr: distance } } : distance;
}
