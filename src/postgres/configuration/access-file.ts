import { posix } from 'node:path';
import type { Span } from './conf-file';

/** A token of pg_hba.conf or pg_ident.conf that names another file. */
export interface FileReference {
  kind: '@' | 'include' | 'include_if_exists' | 'include_dir';
  /** As written, without the @ and without quotes. */
  path: string;
  /** Where the path with its quotes stands in the text. */
  at: Span;
  line: number;
}

interface Token {
  text: string;
  /** Quotes take the meaning from keywords and from @. */
  quoted: boolean;
  at: Span;
  line: number;
  /** Position in its rule, counted from 0. */
  index: number;
}

const INCLUDES = ['include', 'include_if_exists', 'include_dir'] as const;
const isInclude = (text: string) => (INCLUDES as readonly string[]).includes(text);

/** What other files an access file (hba, ident, or a list of names) reads. `version` counts: includes came with 16. */
export function fileReferences(text: string, version: number): FileReference[] {
  const references: FileReference[] = [];
  let previous: Token | undefined;
  for (const token of tokens(text)) {
    const { line, at } = token;
    if (!token.quoted && token.text.length > 1 && token.text.startsWith('@')) {
      references.push({ kind: '@', path: token.text.slice(1), at: { start: at.start + 1, end: at.end }, line });
    } else if (version >= 16 && token.index === 1 && previous && isInclude(previous.text)) {
      references.push({ kind: previous.text as FileReference['kind'], path: token.text, at, line });
    }
    previous = token;
  }
  return references;
}

/** The text with other paths in place of some references. */
export function withReferences(text: string, changed: readonly { reference: FileReference; path: string }[]): string {
  const backwards = [...changed].sort((a, b) => b.reference.at.start - a.reference.at.start);
  return backwards.reduce((result, { reference: { at }, path }) => {
    const token = /[\s,"#]/.test(path) ? `"${path}"` : path;
    return result.slice(0, at.start) + token + result.slice(at.end);
  }, text);
}

/** Where a reference leads: relative paths start at the file they stand in. */
export function resolveReference(file: string, path: string): string {
  return posix.resolve(posix.dirname(file), path);
}

/** A rule that a version reads in another way than the ones before it. */
export interface ChangedMeaning {
  line: number;
  token: string;
  reason: string;
}

/** Rules that 16 and later read in another way than 15. Source: release notes of 16, "Client authentication". */
export function changedMeanings(text: string, kind: 'hba' | 'ident', from: number, to: number): ChangedMeaning[] {
  if (from >= 16 || to < 16) return [];
  const fields = kind === 'hba' ? [1, 2] : [2];
  return tokens(text)
    .filter(({ index }) => fields.includes(index))
    .flatMap((token) => {
      const reason = newMeaning(token, kind);
      return reason ? [{ line: token.line, token: token.text, reason }] : [];
    });
}

function newMeaning({ text, quoted }: Token, kind: 'hba' | 'ident'): string | undefined {
  if (text.startsWith('/')) return 'a name that begins with / is a regular expression from 16 on';
  if (kind === 'hba' || quoted) return undefined;
  if (text === 'all') return 'all means every role from 16 on; quoted it is a role of that name';
  if (text.startsWith('+')) return 'a leading + means the members of a role from 16 on; quoted it is part of the name';
  return undefined;
}

const TOKEN = /(\\\r?\n)|(\n)|(#(?:\\\r?\n|[^\n])*)|(,)|([ \t\r]+)|((?:"(?:[^"\n]|"")*"?|[^\s,"#\\]|\\(?!\r?\n))+)/g;

/** Tokens in PostgreSQL's way: blanks end a field unless a comma stands before them, # begins a comment, \ joins lines. */
function tokens(text: string): Token[] {
  const found: Token[] = [];
  let [line, index, inField, afterComma] = [1, -1, false, false];
  for (const match of text.matchAll(TOKEN)) {
    const [all, joined, newline, , comma, blank, word] = match;
    if (word !== undefined || comma !== undefined) {
      if (!inField) index++;
      inField = true;
      afterComma = comma !== undefined;
    }
    if (word !== undefined) {
      const at = { start: match.index, end: match.index + word.length };
      found.push({ text: unquoted(word), quoted: word.startsWith('"'), at, line, index });
    } else if (newline !== undefined) {
      [index, inField, afterComma] = [-1, false, false];
    } else if ((blank ?? joined) !== undefined && !afterComma) {
      inField = false;
    }
    line += all.split('\n').length - 1;
  }
  return found;
}

const unquoted = (word: string) =>
  word.replace(/"((?:[^"]|"")*)"?/g, (_, inner: string) => inner.replaceAll('""', '"'));
