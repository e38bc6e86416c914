import type { MappedText } from './mapped-text';

type Builder = ReturnType<typeof MappedText.build>;

/** Escapes of Python, JavaScript, Java and Go together; none of them means two things in two of these languages. */
const ESCAPE = /\\(?:N\{[^}]*\}|u\{[\da-fA-F]+\}|u+[\da-fA-F]{4}|U[\da-fA-F]{8}|x[\da-fA-F]{2}|[0-7]{1,3}|\r\n|[^])/;
const BRACES = /\{\{|\}\}/;
const ESCAPES = new RegExp(ESCAPE, 'g');
const BRACE = new RegExp(BRACES, 'g');
const BOTH = new RegExp(`${ESCAPE.source}|${BRACES.source}`, 'g');

const CONTROLS: Record<string, string> = {
  ...{ n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', a: '\x07', s: ' ', '\n': '', '\r': '', '\r\n': '' },
};

/** Adds a literal's contents as the program will see them. `braces`: doubled ones stand for one, as in Python's f-strings. */
export function decodeInto(
  builder: Builder,
  text: string,
  { from, raw, braces }: { from: number; raw: boolean; braces: boolean },
): void {
  let at = 0;
  for (const match of raw && !braces ? [] : text.matchAll(raw ? BRACE : braces ? BOTH : ESCAPES)) {
    builder.verbatim(text.slice(at, match.index), from + at);
    at = match.index + match[0].length;
    builder.atom(decoded(match[0]), from + match.index, from + at);
  }
  builder.verbatim(text.slice(at), from + at);
}

function decoded(escape: string): string {
  if (!escape.startsWith('\\')) return escape[0];
  const code = escape.slice(1);
  if (/^[uUx]/.test(code) && code.length > 1) return String.fromCodePoint(parseInt(code.replace(/^[uUx]+\{?/, ''), 16));
  if (/^[0-7]/.test(code)) return String.fromCodePoint(parseInt(code, 8));
  // A character by its name is none that SQL has a meaning for.
  if (/^N./.test(code)) return '\uFFFD';
  return CONTROLS[code] ?? code;
}
