import { bodyIn, type Body } from './bodies';
import { usesIn, type Call } from './calls';
import { keepColumnName } from './column-names';
import { applyEdits, MappedText, type Edit, type Problem } from './mapped-text';
import { looksLikeCall, mentions, type RewriteOptions } from './names';
import { byteOffsets, parseTree, shape, type Node } from './parse-tree';
import { fillPlaceholders } from './placeholders';
import { rewriteBody } from './rewrite-body';
import { rewriteCall } from './rewrite-call';
import { moved, NOTHING, unjudged, type Rewritten } from './rewritten';
import { isCode, tokens, type Token } from './sql-lexer';
import { literalText } from './sql-literal';

/** What is known of a statement beyond its text. */
export interface StatementContext {
  /** Whether its columns are read by name; not so where it is an expression only. */
  columns: boolean;
  /** It is a piece of a statement, from here to there. */
  piece?: { from: number; to: number };
}

/**
 * Rewrites one statement. Before an edit is given out the new text is parsed: it has to give the old tree with the calls
 * exchanged and nothing else changed, or the statement stays as it is and that is said.
 */
export async function rewriteStatement(
  text: string,
  options: RewriteOptions,
  context: StatementContext = { columns: true },
): Promise<Rewritten> {
  if (!mentions(text)) return NOTHING;
  const read = await readable(text);
  if ('error' in read) return refused(text, read.error);
  const { mapped, tree } = read;
  const draft = await drafted(mapped.text, tree, options, context);
  const wrong = draft.edits.length > 0 ? await mismatch(mapped.text, draft.edits, tree) : undefined;
  if (wrong === undefined) return moved(draft, mapped);
  const problem = { at: draft.calls[0].at, reason: `not rewritten: ${wrong}` };
  return moved({ ...NOTHING, problems: [...draft.problems, problem] }, mapped);
}

/** The text as PostgreSQL's parser takes it: as it is, or else with placeholders filled. */
async function readable(text: string): Promise<{ mapped: MappedText; tree: Node } | { error: string }> {
  const asItIs = await parseTree(text);
  const mapped = MappedText.of(text);
  if ('tree' in asItIs) return { mapped, tree: asItIs.tree };
  const holes = fillPlaceholders(text);
  if (holes.length === 0) return asItIs;
  const filled = mapped.replaced(holes);
  const parsed = await parseTree(filled.text);
  return 'tree' in parsed ? { mapped: filled, tree: parsed.tree } : parsed;
}

/** What is no SQL is of interest only where a call stands outside comments and constants. */
function refused(text: string, error: string): Rewritten {
  const code = tokens(text).filter((token) => isCode(token) && token.kind !== 'string');
  if (!looksLikeCall(code.map((token) => token.text).join(' '))) return NOTHING;
  const at = code.find((token) => mentions(token.text))?.from ?? 0;
  return unjudged(at, `PostgreSQL's parser does not take this text: ${error}`);
}

/** The edits of a text; the tree becomes the one that the edited text has to give. */
async function drafted(
  text: string,
  tree: Node,
  options: RewriteOptions,
  context: StatementContext,
): Promise<Rewritten> {
  const all = tokens(text);
  const offset = byteOffsets(text);
  const uses = usesIn(tree, options);
  const draft: Rewritten = {
    edits: [],
    calls: [],
    problems: uses.problems.map(({ location, reason }) => ({
      at: location === undefined ? (all.find((token) => mentions(token.text))?.from ?? 0) : offset(location),
      reason,
    })),
  };
  // Inner calls first: the outer one is written around what they have become.
  for (const call of uses.calls.toSorted((a, b) => b.parents.length - a.parents.length)) {
    addCall(draft, all, { ...call, location: offset(call.location) }, options, context);
  }
  const body = bodyIn(tree, all);
  if (body) await addBody(draft, text, body, options);
  else draft.problems.push(...constants(all));
  draft.calls.sort((a, b) => a.at - b.at);
  return draft;
}

function addCall(draft: Rewritten, all: Token[], call: Call, options: RewriteOptions, context: StatementContext): void {
  const at = call.location;
  const column = context.columns ? keepColumnName(all, at, call) : undefined;
  const element = ['IndexElem', 'PartitionElem', 'StatsElem'].includes(call.parents.at(-1)?.kind ?? '');
  const place = { element, piece: context.piece, named: column !== undefined };
  const { edits, expected } = rewriteCall(all, at, call, place, options);
  draft.edits.push(...edits, ...(column ? [column] : []));
  draft.calls.push({ at, name: call.name });
  delete call.holder.FuncCall;
  Object.assign(call.holder, expected);
}

async function addBody(draft: Rewritten, text: string, body: Body, options: RewriteOptions): Promise<void> {
  const rewritten = await rewriteBody(text, body, options);
  const { edits, calls, problems } = moved(rewritten, body.content);
  draft.problems.push(...problems);
  if (edits.length === 0) return;
  draft.edits.push(...edits);
  draft.calls.push(...calls);
  body.expect(applyEdits(body.content.text, rewritten.edits));
}

const BEGINS_LIKE_STATEMENT = /^\s*(?:select|with|insert|update|delete|merge|create|explain|prepare)\b/i;

/** String constants that are statements themselves, such as a job's command: whether they are ever run can't be seen. */
function constants(all: Token[]): Problem[] {
  return all.flatMap((token) => {
    const content = looksLikeCall(token.text) ? literalText(token)?.text : undefined;
    if (content === undefined || !BEGINS_LIKE_STATEMENT.test(content)) return [];
    return [
      { at: token.from, reason: 'a string constant holds a statement with a call; nobody can see whether it is run' },
    ];
  });
}

/** Why the new text does not mean what it should; undefined where it does. */
async function mismatch(text: string, edits: Edit[], expected: Node): Promise<string | undefined> {
  const parsed = await parseTree(applyEdits(text, edits));
  if ('error' in parsed) return `the new text would not parse (${parsed.error})`;
  return shape(parsed.tree) === shape(expected) ? undefined : 'the new text would not mean the same';
}
