import { extname } from 'node:path';
import { HOST_LANGUAGES } from './host-languages';
import { applyEdits } from './mapped-text';
import { mentions, type RewriteOptions } from './names';
import { rewriteScript } from './rewrite-script';
import { rewriteSource } from './rewrite-source';
import type { Rewritten } from './rewritten';

/** Something in a file, by its line (from 1). */
export interface Place {
  line: number;
}

/** What a file has of the extension's calls, and the text that it would become. */
export interface FileResult {
  path: string;
  before: string;
  after: string;
  calls: (Place & { name: string })[];
  problems: (Place & { reason: string })[];
}

/** Extensions of the files that are read. */
export const EXTENSIONS: readonly string[] = ['.sql', ...Object.keys(HOST_LANGUAGES)];

/** Rewrites a file's text by its extension. Nothing is read or written. */
export async function rewriteFile(path: string, bytes: Buffer, options: RewriteOptions): Promise<FileResult> {
  const before = bytes.toString('utf8');
  if (mentions(before) && !Buffer.from(before).equals(bytes)) {
    const problems = [{ line: 1, reason: 'the file is not in UTF-8, so it is left as it is' }];
    return { path, before, after: before, calls: [], problems };
  }
  const { edits, calls, problems } = await rewritten(path, before, options);
  const line = lines(before);
  const located = <T extends { at: number }>({ at, ...rest }: T) => ({ line: line(at), ...rest });
  return {
    path,
    before,
    after: applyEdits(before, edits),
    calls: calls.map(located),
    problems: problems.map(located).sort((a, b) => a.line - b.line),
  };
}

function rewritten(path: string, text: string, options: RewriteOptions): Promise<Rewritten> {
  const language = HOST_LANGUAGES[extname(path).toLowerCase()];
  return language ? rewriteSource(text, language, options) : rewriteScript(text, options, true);
}

function lines(text: string): (at: number) => number {
  return (at) => text.slice(0, at).split('\n').length;
}
