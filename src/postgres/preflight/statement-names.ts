import { loadModule, parse, parsePlPgSQL } from 'libpg-query';

/** A name as it stands in a statement; `schema` only where the statement says it. */
export interface WrittenName {
  schema?: string;
  name: string;
}

/** The names that one statement uses, before anything is looked up. */
export interface StatementNames {
  /** Whether it takes all columns of something by `*`. */
  star: boolean;
  relations: (WrittenName & { alias?: string })[];
  columns: { qualifier?: string; column: string }[];
  functions: WrittenName[];
  types: WrittenName[];
  operators: WrittenName[];
  /** Settings that it shows, sets or asks for by current_setting() or set_config() with a constant name. */
  settings: string[];
}

/** A function's body taken apart. */
export interface BodyNames {
  statements: StatementNames[];
  /** EXECUTE of a text that is put together at run time: nobody can say beforehand what it will be. */
  dynamic: number;
  /** Statements, or the whole body, that the parser of 18 does not understand. */
  unparsed: string[];
}

/** Takes apart a function: SQL by its source, PL/pgSQL by its whole CREATE FUNCTION. */
export async function bodyNames(language: 'sql' | 'plpgsql', text: string): Promise<BodyNames> {
  await loadModule();
  const body: BodyNames = { statements: [], dynamic: 0, unparsed: [] };
  if (language === 'sql') await addStatements(body, text);
  else await addPlPgSql(body, text);
  return body;
}

async function addStatements(body: BodyNames, text: string): Promise<void> {
  try {
    for (const { stmt } of ((await parse(text)) as { stmts?: { stmt: unknown }[] }).stmts ?? []) {
      body.statements.push(namesIn(stmt));
    }
  } catch {
    // What the target's grammar can't read is a finding of its own, not a failure of the check.
    body.unparsed.push(text);
  }
}

/** RawParseMode of 14 and later: what an expression inside PL/pgSQL is. */
const EXPRESSION = 2;
const FIRST_ASSIGNMENT = 3;

async function addPlPgSql(body: BodyNames, definition: string): Promise<void> {
  let tree: unknown;
  try {
    // Without a catalog the parser takes t%ROWTYPE for a type without fields; the type's name alone it takes as it comes.
    tree = await parsePlPgSQL(definition.replace(/%\s*rowtype\b/gi, ''));
  } catch {
    body.unparsed.push(definition);
    return;
  }
  const dynamic = new Set<unknown>();
  for (const node of nodes(tree, ['PLpgSQL_stmt_dynexecute', 'PLpgSQL_stmt_dynfors'])) dynamic.add(expressionOf(node));
  for (const expression of nodes(tree, ['PLpgSQL_expr'])) {
    const { query, parseMode = 0 } = expression as { query: string; parseMode?: number };
    const text = parseMode === EXPRESSION ? `SELECT ${query}` : parseMode >= FIRST_ASSIGNMENT ? assigned(query) : query;
    await addStatements(body, text);
    if (dynamic.has(expression)) await addDynamic(body, query);
  }
}

function expressionOf(node: Record<string, unknown>): unknown {
  return (node.query as { PLpgSQL_expr?: unknown } | undefined)?.PLpgSQL_expr;
}

/** EXECUTE 'a constant' can be read like any other statement. */
async function addDynamic(body: BodyNames, expression: string): Promise<void> {
  const constant = /^\s*'((?:[^']|'')*)'\s*$/.exec(expression);
  if (constant) await addStatements(body, constant[1].replaceAll("''", "'"));
  else body.dynamic += 1;
}

/** The right side of `target := expression`; a target may hold brackets, but no `:=`. */
function assigned(query: string): string {
  const at = /:?=/.exec(query.replace(/\[[^\]]*\]/g, (brackets) => ' '.repeat(brackets.length)));
  return at ? `SELECT ${query.slice(at.index + at[0].length)}` : `SELECT ${query}`;
}

type Node = Record<string, unknown>;

function namesIn(tree: unknown): StatementNames {
  const names: StatementNames = {
    ...{ star: false, relations: [], columns: [], functions: [], types: [], operators: [], settings: [] },
  };
  const own = new Set<string>();
  for (const [kind, node] of walk(tree)) {
    if (kind === 'RangeVar') names.relations.push(relation(node));
    else if (kind === 'CommonTableExpr') own.add(String(node.ctename));
    else if (kind === 'ColumnRef') names.columns.push(...column(node.fields));
    else if (kind === 'FuncCall') names.functions.push(...written(node.funcname));
    else if (kind === 'TypeName') names.types.push(...written(node.names));
    else if (kind === 'A_Expr' && node.kind === 'AEXPR_OP') names.operators.push(...written(node.name));
    if (kind === 'A_Star') names.star = true;
    if (kind === 'VariableSetStmt' || kind === 'VariableShowStmt')
      names.settings.push(String(node.name ?? '').toLowerCase());
    if (kind === 'FuncCall') names.settings.push(...settingOf(node));
  }
  names.relations = names.relations.filter(({ schema, name }) => schema !== undefined || !own.has(name));
  return names;
}

/** Every node of the tree with its kind, which is the key that it stands under. */
function* walk(tree: unknown, kind = ''): Generator<[string, Node]> {
  if (Array.isArray(tree)) {
    for (const item of tree) yield* walk(item, kind);
  } else if (tree !== null && typeof tree === 'object') {
    // A type's name stands under the field's name where its kind is plain from the field.
    yield [kind === 'typeName' ? 'TypeName' : kind === 'relation' ? 'RangeVar' : kind, tree as Node];
    for (const [key, value] of Object.entries(tree)) yield* walk(value, key);
  }
}

function* nodes(tree: unknown, kinds: string[]): Generator<Node> {
  for (const [kind, node] of walk(tree)) if (kinds.includes(kind)) yield node;
}

function strings(list: unknown): string[] {
  return (Array.isArray(list) ? list : []).flatMap((item: { String?: { sval?: string } }) => item.String?.sval ?? []);
}

function written(list: unknown): WrittenName[] {
  const parts = strings(list);
  const name = parts.at(-1);
  return name === undefined ? [] : [{ schema: parts.at(-2), name }];
}

function relation(node: Node): WrittenName & { alias?: string } {
  const alias = (node.alias as { aliasname?: string } | undefined)?.aliasname;
  return { schema: node.schemaname as string | undefined, name: String(node.relname), alias };
}

function column(fields: unknown): { qualifier?: string; column: string }[] {
  const parts = strings(fields);
  const name = parts.at(-1);
  // `x.*` names no column: its fields end with A_Star.
  const star = Array.isArray(fields) && (fields as { A_Star?: unknown }[]).at(-1)?.A_Star !== undefined;
  return name === undefined || star ? [] : [{ qualifier: parts.at(-2), column: name }];
}

function settingOf(node: Node): string[] {
  const [called] = written(node.funcname);
  if (called?.name !== 'current_setting' && called?.name !== 'set_config') return [];
  const first = (node.args as { A_Const?: { sval?: { sval?: string } } }[] | undefined)?.[0]?.A_Const?.sval?.sval;
  return first === undefined ? [] : [first.toLowerCase()];
}
