import { DISTANCES, type RewriteOptions } from './names';
import { nodes, strings, type Found, type Node } from './parse-tree';
import { isPlaceholder } from './placeholders';

/** A call of one of the distance functions in the parse tree. */
export interface Call extends Found {
  /** The function's name as in 0.1.0. */
  name: string;
  schema?: string;
  /** Offset of its name in bytes. */
  location: number;
}

/** What of a statement names one of the functions: calls to rewrite, and what only a person can judge. */
export interface Uses {
  calls: Call[];
  problems: { location?: number; reason: string }[];
}

/** Finds the calls of the extension's functions; calls of other schemas' functions of the same name are not its. */
export function usesIn(tree: unknown, options: RewriteOptions): Uses {
  const uses: Uses = { calls: [], problems: [] };
  for (const found of nodes(tree)) {
    if (found.kind === 'FuncCall') addCall(uses, found, options);
    else {
      const reason = otherUse(found, options);
      if (reason) uses.problems.push({ reason });
    }
  }
  return uses;
}

function addCall(uses: Uses, found: Found, options: RewriteOptions): void {
  const names = strings(found.node.funcname);
  const name = names.at(-1) ?? '';
  const schema = names.at(-2);
  if (!(name in DISTANCES)) return;
  const foreign = schema !== undefined && !(options.schemas ?? ['public']).includes(schema);
  const unknown = schema !== undefined && isPlaceholder(schema);
  if (foreign && options.schemas && !unknown) return;
  const location = Number(found.node.location ?? 0);
  const reason = unknown
    ? 'is called in a schema that is put in at run time'
    : foreign
      ? `of schema ${schema} is called; say --schema if the extension is there`
      : obstacle(found, name, options);
  if (reason) uses.problems.push({ location, reason: `${name} ${reason}` });
  else uses.calls.push({ ...found, name, schema, location });
}

/** What can be said in a call, but not with an operator. */
const CLAUSES: [string, string][] = [
  ['over', 'OVER'],
  ['agg_filter', 'FILTER'],
  ['agg_distinct', 'DISTINCT'],
  ['agg_order', 'ORDER BY'],
  ['agg_within_group', 'WITHIN GROUP'],
  ['agg_star', '*'],
  ['func_variadic', 'VARIADIC'],
];

function obstacle({ node, parents }: Found, name: string, { to }: RewriteOptions): string | undefined {
  const args = (node.args as Node[] | undefined) ?? [];
  const qualifiers = strings(node.funcname).slice(0, -1);
  if (qualifiers.length > 1) return 'is qualified with a database';
  if (to === 'functions' && DISTANCES[name].name === undefined) return 'has no name in 2.0.0 that the runbook gives';
  const clause = CLAUSES.find(([field]) => node[field] !== undefined);
  if (clause) return `is called with ${clause[1]}`;
  if (args.length !== 2) return `is called with ${args.length} arguments, not 2`;
  const named = args.map((arg) => (arg.NamedArgExpr as Node | undefined)?.name);
  if (to === 'functions' && named.some(Boolean))
    return 'is called with named arguments, whose names in 2.0.0 are not known';
  if (named.some((given, index) => given !== undefined && given !== 'ab'[index])) {
    return 'is called with named arguments that are not a, then b';
  }
  if (to === 'functions') return undefined;
  if (parents.at(-1)?.kind === 'CallStmt') return 'is called with CALL';
  return fromItem(node, parents) ? 'stands in FROM, where an operator can not' : undefined;
}

/** Whether the call is itself the item of FROM, not an expression inside one. */
function fromItem(node: Node, parents: Found['parents']): boolean {
  const range =
    parents.at(-2)?.kind === 'RangeFunction' && parents.at(-1)?.kind === 'List' ? parents.at(-2) : undefined;
  if (!range) return false;
  const items = parents.at(-1)!.node.items as Node[];
  return items[0]?.FuncCall === node;
}

/** Other statements about a function of that name: its definition, DROP FUNCTION, GRANT, operators and operator classes. */
function otherUse({ kind, node, parents }: Found, { schemas }: RewriteOptions): string | undefined {
  const names = strings(functionNames(kind, node, parents));
  const [name, schema] = [names.at(-1) ?? '', names.at(-2)];
  if (!(name in DISTANCES) || (schemas && schema !== undefined && !schemas.includes(schema))) return undefined;
  return kind === 'CreateFunctionStmt'
    ? `defines a function ${name}: calls may mean this one`
    : `names the function ${name} without calling it`;
}

function functionNames(kind: string, node: Node, parents: Found['parents']): unknown {
  if (kind === 'CreateFunctionStmt') return node.funcname;
  if (kind === 'ObjectWithArgs') return node.objname;
  if (kind === 'CreateOpClassItem') return (node.name as Node | undefined)?.objname;
  const defines = parents.at(-1)?.kind === 'DefElem' && parents.at(-2)?.kind === 'DefineStmt';
  return kind === 'TypeName' && defines ? node.names : undefined;
}
