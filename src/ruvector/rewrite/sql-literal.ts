import { MappedText } from './mapped-text';
import type { Token } from './sql-lexer';

/** What a string constant of SQL holds, or undefined for the kinds that hold no text of a program (U&'…', B'…', X'…'). */
export function literalText({ kind, text, from }: Token): MappedText | undefined {
  if (kind === 'dollar') return dollarQuoted(text, from);
  if (kind !== 'string') return undefined;
  const open = text.indexOf("'") + 1;
  const prefix = text.slice(0, open - 1).toLowerCase();
  if (!['', 'e', 'n'].includes(prefix)) return undefined;
  return quoted(text.slice(open, -1), from + open, prefix === 'e');
}

function dollarQuoted(text: string, from: number): MappedText {
  const tag = text.indexOf('$', 1) + 1;
  return MappedText.build()
    .verbatim(text.slice(tag, -tag), from + tag)
    .done();
}

function quoted(inner: string, from: number, escapes: boolean): MappedText {
  const builder = MappedText.build();
  let at = 0;
  for (const match of inner.matchAll(escapes ? ESCAPE : DOUBLED)) {
    builder.verbatim(inner.slice(at, match.index), from + at);
    at = match.index + match[0].length;
    builder.atom(escaped(match[0]), from + match.index, from + at);
  }
  const rest = builder.verbatim(inner.slice(at), from + at);
  return rest.done((text) => (escapes ? text.replaceAll('\\', '\\\\') : text).replaceAll("'", "''"));
}

const DOUBLED = /''/g;
const ESCAPE = /''|\\(?:x[\da-fA-F]{1,2}|[0-7]{1,3}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[^])/g;
const CONTROLS: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function escaped(text: string): string {
  if (text === "''") return "'";
  const code = text.slice(1);
  if (/^[xuU]./.test(code)) return String.fromCodePoint(parseInt(code.slice(1), 16));
  if (/^[0-7]/.test(code)) return String.fromCodePoint(parseInt(code, 8));
  return CONTROLS[code] ?? code;
}
