import { isCode, type Token } from './sql-lexer';
import { literalText } from './sql-literal';
import type { MappedText } from './mapped-text';
import { nodes, type Node } from './parse-tree';

/** The text of a function or of DO, which stands in the statement as a string constant. */
export interface Body {
  /** In lower case; `sql` where CREATE FUNCTION names none. */
  language: string;
  /** What the constant holds; its source is the statement. */
  content: MappedText;
  /** Puts the text that the body will be into the tree. */
  expect(text: string): void;
}

/** The body in a CREATE FUNCTION, CREATE PROCEDURE or DO; undefined for other statements and for bodies without a constant. */
export function bodyIn(tree: Node, all: Token[]): Body | undefined {
  for (const { kind, node } of nodes(tree)) {
    if (kind === 'CreateFunctionStmt') return body(node.options, all, 'sql');
    if (kind === 'DoStmt') return body(node.args, all, 'plpgsql');
  }
  return undefined;
}

function body(list: unknown, all: Token[], standard: string): Body | undefined {
  const options = ((list as { DefElem?: Node }[] | undefined) ?? []).map((option) => option.DefElem ?? {});
  const text = sval(options.find(({ defname }) => defname === 'as')?.arg);
  if (!text) return undefined;
  const language = sval(options.find(({ defname }) => defname === 'language')?.arg)?.sval ?? standard;
  const content = constants(all).find((constant) => constant.text === text.sval);
  if (!content) return undefined;
  return { language: language.toLowerCase(), content, expect: (next) => void (text.sval = next) };
}

/** A String node's contents, or those of the first one of a list. */
function sval(arg: unknown): { sval: string } | undefined {
  const node = arg as { String?: { sval: string }; List?: { items: { String?: { sval: string } }[] } } | undefined;
  return node?.String ?? node?.List?.items[0]?.String;
}

/** The constants that can be a body: after AS, or anywhere in a DO. */
function constants(all: Token[]): MappedText[] {
  const code = all.filter(isCode);
  const isDo = code[0]?.text.toLowerCase() === 'do';
  return code.flatMap((token, index) => {
    const content = isDo || code[index - 1]?.text.toLowerCase() === 'as' ? literalText(token) : undefined;
    return content ? [content] : [];
  });
}
