import { Language, Parser, type Tree } from '@vscode/tree-sitter-wasm';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostLanguage } from './host-languages';

const parsers = new Map<HostLanguage['grammar'], Promise<Parser>>();

/** The syntax tree of a program; offsets in it count UTF-16 units, as JavaScript's strings do. The caller deletes it. */
export async function hostTree({ grammar }: HostLanguage, source: string): Promise<Tree> {
  let parser = parsers.get(grammar);
  if (!parser) parsers.set(grammar, (parser = load(grammar)));
  // Only a parser without a language, or one that is told to stop, gives no tree.
  return (await parser).parse(source)!;
}

async function load(grammar: string): Promise<Parser> {
  await Parser.init();
  const directory = dirname(require.resolve('@vscode/tree-sitter-wasm'));
  const parser = new Parser();
  parser.setLanguage(await Language.load(await readFile(join(directory, `tree-sitter-${grammar}.wasm`))));
  return parser;
}
