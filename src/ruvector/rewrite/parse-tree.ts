import { parse } from 'libpg-query';

/** A node of PostgreSQL's raw parse tree, as libpg-query gives it: fields by name, nodes wrapped in their kind. */
export type Node = Record<string, unknown>;

/** A node with the way to it, innermost parent last. */
export interface Found {
  kind: string;
  node: Node;
  /** The object that holds the node under its kind: what replaces the node is put there. */
  holder: Node;
  parents: { kind: string; node: Node }[];
}

/** The parse tree, or why PostgreSQL's parser does not take the text. */
export async function parseTree(sql: string): Promise<{ tree: Node } | { error: string }> {
  // The parser refuses an empty text, which is a statement like any other.
  if (sql.trim() === '') return { tree: {} };
  try {
    return { tree: (await parse(sql)) as unknown as Node };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** Every node of the tree in order of the text's nesting. A kind begins with a capital letter, a field does not. */
export function* nodes(value: unknown, parents: Found['parents'] = []): Generator<Found> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodes(item, parents);
  } else if (isNode(value)) {
    for (const [key, child] of Object.entries(value)) {
      const kind = kindOf(key, child);
      if (kind === undefined) yield* nodes(child, parents);
      else {
        yield { kind, node: child as Node, holder: value, parents };
        yield* nodes(child, [...parents, { kind, node: child as Node }]);
      }
    }
  }
}

/** Where a field's type is fixed the kind is left out: these are the ones that matter here. */
function kindOf(key: string, child: unknown): string | undefined {
  if (!isNode(child)) return undefined;
  if (/^[A-Z]/.test(key)) return key;
  return key === 'funccall' ? 'FuncCall' : undefined;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The strings of a list of String nodes, as names are written. */
export function strings(list: unknown): string[] {
  return (Array.isArray(list) ? list : []).flatMap((item: { String?: { sval?: string } }) => item.String?.sval ?? []);
}

/** Names as the tree has them. */
export const nameNodes = (names: string[]): Node[] => names.map((sval) => ({ String: { sval } }));

/** The tree as text without what only says where something stood: two texts that mean the same give the same. */
export function shape(tree: unknown): string {
  return JSON.stringify(tree, (key, value: unknown) => {
    if (PLACE.test(key)) return undefined;
    return isNode(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
  });
}

const PLACE = /(?:^|_)location$|_(?:start|end)$|^stmt_len$/;

/** Turns the tree's offsets, which count UTF-8 bytes, into those of a JavaScript string. */
export function byteOffsets(text: string): (bytes: number) => number {
  const buffer = Buffer.from(text);
  if (buffer.length === text.length) return (bytes) => bytes;
  return (bytes) => buffer.subarray(0, bytes).toString().length;
}
