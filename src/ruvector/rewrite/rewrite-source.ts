import { hostTree } from './host-grammar';
import type { HostLanguage } from './host-languages';
import { hostStrings } from './host-strings';
import { applyEdits, MappedText } from './mapped-text';
import { DISTANCES, looksLikeCall, type RewriteOptions } from './names';
import { HOLE } from './placeholders';
import { rewriteScript } from './rewrite-script';
import { rewriteStatement } from './rewrite-statement';
import { moved, NOTHING, together, unjudged, type Rewritten } from './rewritten';

/** Rewrites the SQL in the strings of a program. */
export async function rewriteSource(
  source: string,
  language: HostLanguage,
  options: RewriteOptions,
): Promise<Rewritten> {
  if (!MENTIONED.test(source)) return NOTHING;
  const tree = await hostTree(language, source);
  try {
    const results = [unjudgedNames(tree.rootNode)];
    for (const text of hostStrings(tree.rootNode, source, language)) results.push(await rewriteString(text, options));
    const whole = together(results);
    return await sound(whole, source, language, tree.rootNode.toString());
  } finally {
    tree.delete();
  }
}

/** A name, or what may become one at run time. */
const MENTIONED = /ruvector_|_distance|inner_product/i;
const ASSEMBLED = new RegExp(
  `ruvector_\\w*${HOLE}\\d+|${HOLE}\\d+(?:ruvector_|\\w*(?:distance|product)"?\\s*\\()`,
  'i',
);

async function rewriteString(mapped: MappedText, options: RewriteOptions): Promise<Rewritten> {
  const { text } = mapped;
  if (ASSEMBLED.test(text)) return moved(unjudged(0, "a function's name is put together at run time"), mapped);
  if (text.trim().toLowerCase() in DISTANCES) {
    return moved(unjudged(0, 'a string holds the name alone; it may become part of a statement at run time'), mapped);
  }
  if (!looksLikeCall(text)) return NOTHING;
  const whole = await rewriteScript(text, options);
  if (whole.problems.length === 0 || whole.calls.length > 0) return moved(whole, mapped);
  const piece = await rewritePiece(text, options);
  return moved(piece ?? whole, mapped);
}

/** What makes a statement of a piece of one: a list of expressions, clauses, conditions. */
const BEGINNINGS = ['SELECT ', 'SELECT * FROM t ', 'SELECT * FROM t WHERE true '];

/** Rewrites a string that is a piece of a statement, if that is wanted; else says so. Undefined where it is none. */
async function rewritePiece(text: string, options: RewriteOptions): Promise<Rewritten | undefined> {
  for (const beginning of BEGINNINGS) {
    const mapped = MappedText.build().atom(beginning).verbatim(text, 0).done();
    const piece = { from: beginning.length, to: mapped.text.length };
    const rewritten = moved(await rewriteStatement(mapped.text, options, { columns: false, piece }), mapped);
    if (rewritten.calls.length === 0) continue;
    if (options.fragments) return rewritten;
    const proposal = applyEdits(text, rewritten.edits).trim();
    return unjudged(
      rewritten.calls[0].at,
      `a piece of a statement, left without --fragments; it would become: ${proposal}`,
    );
  }
  return undefined;
}

type SyntaxTree = Awaited<ReturnType<typeof hostTree>>;

/** Names that stand in the program itself, as with query builders: `func.ruvector_l2_distance(…)`. */
function unjudgedNames(root: SyntaxTree['rootNode']): Rewritten {
  const problems: Rewritten['problems'] = [];
  const visit = (node: SyntaxTree['rootNode']): void => {
    if (node.type.endsWith('identifier') && node.text.toLowerCase() in DISTANCES) {
      problems.push({ at: node.startIndex, reason: `${node.text} stands in the program itself, not in a text of SQL` });
    }
    for (const child of node.namedChildren) if (child) visit(child);
  };
  visit(root);
  return { ...NOTHING, problems };
}

/** The program has to be the same one afterwards, apart from what its strings hold. */
async function sound(result: Rewritten, source: string, language: HostLanguage, before: string): Promise<Rewritten> {
  if (result.edits.length === 0) return result;
  const tree = await hostTree(language, applyEdits(source, result.edits));
  try {
    if (plain(tree.rootNode.toString()) === plain(before)) return result;
  } finally {
    tree.delete();
  }
  return unjudged(result.calls[0].at, 'not rewritten: the program would not be the same any more');
}

/** Escapes may be added inside a string, nothing else. */
const plain = (tree: string): string => tree.replace(/ ?\((?:escape_sequence|string_fragment|string_content)\)/g, '');
