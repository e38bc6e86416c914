import { parsePlPgSQL } from 'libpg-query';
import { MappedText } from './mapped-text';
import { looksLikeCall, mentions, type RewriteOptions } from './names';
import { nodes } from './parse-tree';
import { rewriteScript } from './rewrite-script';
import { rewriteStatement } from './rewrite-statement';
import { moved, NOTHING, together, unjudged, type Rewritten } from './rewritten';
import { isCode, tokens } from './sql-lexer';
import { literalText } from './sql-literal';

/** What PL/pgSQL hands to the SQL parser. */
interface Expression {
  query: string;
  /** RawParseMode: 0 a statement, 2 an expression, from 3 on `target := expression`. */
  parseMode?: number;
}

/**
 * Rewrites a PL/pgSQL body: the language's own parser gives the expressions, each is found again in the text and
 * rewritten as SQL. `statement` is the CREATE FUNCTION or DO with the body in it.
 */
export async function rewritePlPgSql(statement: string, body: string, options: RewriteOptions): Promise<Rewritten> {
  if (!mentions(body)) return NOTHING;
  let tree: unknown;
  try {
    // Without a catalog the parser takes t%ROWTYPE for a type without fields; the type's name alone it takes as it comes.
    tree = await parsePlPgSQL(statement.replace(/%\s*rowtype\b/gi, ''));
  } catch (error) {
    if (!looksLikeCall(body)) return NOTHING;
    return unjudged(0, `PL/pgSQL's parser does not take this body: ${(error as Error).message}`);
  }
  const dynamic = dynamicIn(tree);
  const results: Rewritten[] = [];
  const taken = new Set<number>();
  // Longer ones first, so that an expression which is also a part of another one is not looked for in there.
  for (const expression of expressionsIn(tree).sort((a, b) => b.query.length - a.query.length)) {
    const { query } = expression;
    const places = placesOf(body, query).filter((place) => take(taken, place));
    if (places.length === 0) results.push(unjudged(nameIn(body), `this expression was not found again: ${query}`));
    for (const place of places) {
      const work = dynamic.has(query) ? rewriteDynamic(query, options) : rewriteExpression(expression, options);
      results.push(moved(await work, place));
    }
  }
  return together(results);
}

/** Marks the stretch of a place as used, unless it is already. */
function take(taken: Set<number>, place: MappedText): boolean {
  const [from, to] = [place.sourceOf(0), place.sourceOf(place.text.length - 1)];
  if (taken.has(from) || taken.has(to)) return false;
  for (let at = from; at <= to; at += 1) taken.add(at);
  return true;
}

/** Every expression with one of the names, once: equal ones are found together. */
function expressionsIn(tree: unknown): Expression[] {
  const found = new Map<string, Expression>();
  for (const { kind, node } of nodes(tree)) {
    const expression = node as unknown as Expression;
    if (kind === 'PLpgSQL_expr' && mentions(expression.query)) found.set(expression.query, expression);
  }
  return [...found.values()];
}

/** The expressions of EXECUTE, in whichever statement it stands: their value is a statement. */
function dynamicIn(tree: unknown): Set<string> {
  const found = new Set<string>();
  for (const { kind, node } of nodes(tree)) {
    const executes = ['PLpgSQL_stmt_dynexecute', 'PLpgSQL_stmt_dynfors'].includes(kind);
    const expression = (executes ? node.query : node.dynquery) as { PLpgSQL_expr?: Expression } | undefined;
    if (expression?.PLpgSQL_expr) found.add(expression.PLpgSQL_expr.query);
  }
  return found;
}

/**
 * Where an expression stands in the body. The parser blanks INTO and its target in a statement, so a space there matches
 * anything, and writes SELECT for PERFORM, which begins one character earlier.
 */
function placesOf(body: string, query: string): MappedText[] {
  const starts = new Set(
    tokens(body)
      .filter(isCode)
      .map(({ from }) => from),
  );
  const places: MappedText[] = [];
  for (const at of starts) {
    if (matches(body, at, query)) {
      places.push(MappedText.of(body).slice(at, at + query.length, query));
    } else if (/^perform\b/i.test(body.slice(at)) && /^select /i.test(query) && matches(body, at + 7, query.slice(6))) {
      places.push(
        MappedText.build()
          .atom('SELECT')
          .verbatim(query.slice(6), at + 7)
          .done(),
      );
    }
  }
  return places;
}

function matches(body: string, at: number, query: string): boolean {
  if (at + query.length > body.length) return false;
  for (let i = 0; i < query.length; i += 1) if (query[i] !== body[at + i] && query[i] !== ' ') return false;
  return true;
}

const EXPRESSION = 2;

/** Rewrites an expression by itself; its edits count in the expression's text. */
async function rewriteExpression({ query, parseMode = 0 }: Expression, options: RewriteOptions): Promise<Rewritten> {
  if (parseMode === 0) return rewriteStatement(query, options, { columns: !query.startsWith('SELECT ') });
  const from = parseMode === EXPRESSION ? 0 : afterTarget(query);
  const mapped = MappedText.build().atom('SELECT ').verbatim(query.slice(from), from).done();
  return moved(await rewriteStatement(mapped.text, options, { columns: false }), mapped);
}

/** The right side of `target := expression`; a target may hold brackets, but no `:=`. */
function afterTarget(query: string): number {
  let depth = 0;
  for (const { text, to } of tokens(query)) {
    if (text === '[') depth += 1;
    else if (text === ']') depth -= 1;
    else if (depth === 0 && (text === ':=' || text === '=')) return to;
  }
  return 0;
}

/** EXECUTE 'a constant' can be read like any other statement; what is put together at run time can't. */
async function rewriteDynamic(query: string, options: RewriteOptions): Promise<Rewritten> {
  const [constant, ...rest] = tokens(query).filter(isCode);
  const content = rest.length === 0 ? literalText(constant) : undefined;
  if (content) return moved(await rewriteScript(content.text, options), content);
  return looksLikeCall(query) ? unjudged(0, 'EXECUTE of a text that is put together at run time') : NOTHING;
}

/** Where one of the names stands in the code. */
function nameIn(body: string): number {
  return tokens(body).find((token) => isCode(token) && mentions(token.text))?.from ?? 0;
}
