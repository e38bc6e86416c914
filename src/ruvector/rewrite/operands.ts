import { HOLE, isPlaceholder } from './placeholders';
import { strings, type Node } from './parse-tree';

/** Expressions that no neighbour can take apart: the grammar's `c_expr`, and casts. */
const CLOSED = new Set([
  'ColumnRef',
  'A_Const',
  'ParamRef',
  'FuncCall',
  'TypeCast',
  'A_Indirection',
  'CaseExpr',
  'A_ArrayExpr',
  'RowExpr',
  'CoalesceExpr',
  'MinMaxExpr',
  'SQLValueFunction',
]);

/** Whether an operand has to stand in parentheses beside an operator. Text that is put in at run time may be anything. */
export function isOpen(operand: Node): boolean {
  const [kind, node] = Object.entries(operand)[0] as [string, Node];
  if (kind === 'ColumnRef') return strings(node.fields).some((field) => field.includes(HOLE));
  if (kind === 'SubLink')
    return !['EXPR_SUBLINK', 'ARRAY_SUBLINK', 'EXISTS_SUBLINK'].includes(String(node.subLinkType));
  return !CLOSED.has(kind);
}

/** Whether an expression has no type of its own. Between two of these PostgreSQL can't tell which operator is meant. */
export function isUntyped(operand: Node): boolean {
  if ('ParamRef' in operand) return true;
  const constant = operand.A_Const as Node | undefined;
  if (constant) return 'sval' in constant || constant.isnull === true;
  const column = operand.ColumnRef as Node | undefined;
  return column !== undefined && strings(column.fields).some(isPlaceholder);
}
