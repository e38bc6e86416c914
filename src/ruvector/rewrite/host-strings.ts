import type { Node as SyntaxNode } from '@vscode/tree-sitter-wasm';
import type { HostLanguage } from './host-languages';
import { decodeInto } from './host-escapes';
import { MappedText } from './mapped-text';
import { HOLE } from './placeholders';

/** A piece of a string expression: a stretch of a literal's contents, or something that is put in at run time. */
type Piece = { from: number; to: number } & ({ kind: 'text'; raw: boolean; braces: boolean } | { kind: 'hole' });

/** The strings of a program with what they hold: adjacent and added literals as one, interpolations as names. */
export function hostStrings(root: SyntaxNode, source: string, language: HostLanguage): MappedText[] {
  const found: MappedText[] = [];
  const visit = (node: SyntaxNode): void => {
    const pieces = piecesOf(node, language);
    if (pieces && !isDocumentation(node)) found.push(join(pieces, source));
    // Interpolations may hold strings of their own; the literals of a sum have been taken.
    for (const child of pieces ? inside(node, language) : node.namedChildren) if (child) visit(child);
  };
  visit(root);
  return found;
}

/** Whether a string stands as a statement by itself, as docstrings and directives do: it goes nowhere. */
const isDocumentation = (node: SyntaxNode): boolean => node.parent?.type === 'expression_statement';

/** The pieces of a string expression; undefined where the node is none. */
function piecesOf(node: SyntaxNode, language: HostLanguage): Piece[] | undefined {
  if (language.literals.includes(node.type)) return ofLiteral(node, language);
  if (language.adjacent.includes(node.type)) {
    const literals = node.namedChildren.filter((child) => child && language.literals.includes(child.type));
    return literals.flatMap((literal) => ofLiteral(literal!, language));
  }
  const operands = summands(node, language);
  if (!operands) return undefined;
  const parts = operands.map((operand) => piecesOf(operand, language));
  if (parts.every((part) => part === undefined)) return undefined;
  return parts.flatMap((part, index) => part ?? [hole(operands[index])]);
}

function summands(node: SyntaxNode, language: HostLanguage): SyntaxNode[] | undefined {
  if (node.type === 'parenthesized_expression' && node.namedChildCount === 1) return [node.namedChild(0)!];
  if (node.type !== language.sum || node.childForFieldName('operator')?.type !== '+') return undefined;
  return [node.childForFieldName('left')!, node.childForFieldName('right')!];
}

function ofLiteral(node: SyntaxNode, language: HostLanguage): Piece[] {
  const delimiter = node.firstChild?.text ?? '';
  const to = node.lastChild?.startIndex ?? node.endIndex;
  const pieces: Piece[] = [];
  let from = node.firstChild?.endIndex ?? node.startIndex;
  const text = (end: number): Piece => ({
    ...{ kind: 'text', from, to: end, raw: language.raw(delimiter), braces: /f/i.test(delimiter) },
  });
  for (const part of node.namedChildren) {
    if (!part || !language.interpolations.includes(part.type)) continue;
    pieces.push(text(part.startIndex), hole(part));
    from = part.endIndex;
  }
  return [...pieces, text(to)];
}

const hole = ({ startIndex, endIndex }: SyntaxNode): Piece => ({ kind: 'hole', from: startIndex, to: endIndex });

/** The text as the program will see it. A hole reaches from the literal's contents before it to those after it. */
function join(pieces: Piece[], source: string): MappedText {
  const builder = MappedText.build();
  pieces.forEach((piece, index) => {
    if (piece.kind === 'text') decodeInto(builder, source.slice(piece.from, piece.to), piece);
    else builder.atom(`${HOLE}${index}`, textOnly(pieces[index - 1])?.to, textOnly(pieces[index + 1])?.from);
  });
  return builder.done((text) => text.replaceAll('"', '\\"'));
}

const textOnly = (piece?: Piece): Piece | undefined => (piece?.kind === 'text' ? piece : undefined);

/** What is put into a string expression at run time. */
function* inside(node: SyntaxNode, language: HostLanguage): Generator<SyntaxNode> {
  for (const child of node.namedChildren) {
    if (!child) continue;
    if (language.interpolations.includes(child.type) || !isString(child, language)) yield child;
    else yield* inside(child, language);
  }
}

const isString = (node: SyntaxNode, language: HostLanguage): boolean =>
  piecesOf(node, language) !== undefined || node.type === 'string_content';
