/** Where something stands in a line: from `start` up to, not including, `end`. */
export interface Span {
  start: number;
  end: number;
}

/** `name = value` of a configuration file. */
export interface Assignment {
  /** As written. Names compare without regard to case. */
  name: string;
  /** Without its quotes and escapes. */
  value: string;
  nameAt: Span;
  /** The value with its quotes. */
  valueAt: Span;
}

/** One line of postgresql.conf. All lines' `text` joined by newlines are the file, byte for byte. */
export interface ConfLine {
  text: string;
  /** A setting, or an include directive (see `includeKind`). Absent on comments, empty lines and what no server reads. */
  assignment?: Assignment;
}

/** The three directives that read other files. */
export type IncludeKind = 'include' | 'include_if_exists' | 'include_dir';

// The tokens of PostgreSQL's guc-file.l. Letters include every byte above 127, hence \x80-\uffff.
const LETTER = 'A-Za-z_\\x80-\\uffff';
const NAME = `[${LETTER}][${LETTER}0-9]*(?:\\.[${LETTER}][${LETTER}0-9]*)?`;
const QUOTED = "'(?:[^'\\\\]|\\\\.|'')*'";
const NUMBER = '[-+]?(?:\\d*\\.\\d*(?:[Ee][-+]?\\d+)?|(?:0x[0-9A-Fa-f]+|\\d+)[a-zA-Z]*)';
const WORD = `[${LETTER}](?:[${LETTER}0-9]|[-._:/])*`;
const ASSIGNMENT = new RegExp(
  `^([ \\t\\r]*)(${NAME})(?![${LETTER}0-9.])([ \\t\\r]*(?:=[ \\t\\r]*)?)(${QUOTED}|${WORD}|${NUMBER})[ \\t\\r]*(?:#.*)?$`,
  's',
);

/** Takes a configuration file apart. Never fails: what is no setting stays as it is. */
export function parseConf(text: string): ConfLine[] {
  return text.split('\n').map(parseLine);
}

/** Puts a file together again: `printConf(parseConf(text)) === text` for every text. */
export function printConf(lines: readonly ConfLine[]): string {
  return lines.map((line) => line.text).join('\n');
}

function parseLine(text: string): ConfLine {
  const match = ASSIGNMENT.exec(text);
  if (!match) return { text };
  const [, indent, name, between, raw] = match;
  const nameAt = { start: indent.length, end: indent.length + name.length };
  const start = nameAt.end + between.length;
  return { text, assignment: { name, value: unquote(raw), nameAt, valueAt: { start, end: start + raw.length } } };
}

/** The directive a line is, if it is one. */
export function includeKind(assignment: Assignment): IncludeKind | undefined {
  const name = assignment.name.toLowerCase();
  return name === 'include' || name === 'include_if_exists' || name === 'include_dir' ? name : undefined;
}

const ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** The value of a token: quotes and backslash escapes resolved as the server does. */
export function unquote(token: string): string {
  if (!token.startsWith("'")) return token;
  return token.slice(1, -1).replace(/''|(?:\\[0-7]{1,3})+|\\(.)/gs, (all, escaped?: string) => {
    if (escaped !== undefined) return ESCAPES[escaped] ?? escaped;
    return all === "''" ? "'" : octalBytes(all);
  });
}

// Octal escapes name bytes; several in a row may be one character.
function octalBytes(escapes: string): string {
  const bytes = escapes
    .slice(1)
    .split('\\')
    .map((digits) => parseInt(digits, 8) & 255);
  return Buffer.from(bytes).toString('utf8');
}

/** Writes a value the way every server version reads it back unchanged. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll('\n', '\\n')}'`;
}

/** The line with another value; everything else in it stays. */
export function withValue(line: ConfLine, value: string): ConfLine {
  return line.assignment ? splice(line, line.assignment.valueAt, quote(value)) : line;
}

/** The line with another name; everything else in it stays. */
export function withName(line: ConfLine, name: string): ConfLine {
  return line.assignment ? splice(line, line.assignment.nameAt, name) : line;
}

function splice({ text }: ConfLine, at: Span, replacement: string): ConfLine {
  return parseLine(text.slice(0, at.start) + replacement + text.slice(at.end));
}

const NOTE = '# pgpassage: ';

/** The line with a note of pgpassage's at its end, in place of the one that an earlier hop may have left. */
export function withNote(line: ConfLine, note: string): ConfLine {
  const end = line.text.endsWith('\r') ? '\r' : '';
  const text = line.text.slice(0, line.text.length - end.length);
  // Only what follows the value can be a note: the same words may stand inside the quotes.
  const from = line.assignment?.valueAt.end ?? 0;
  const noted = text.indexOf(NOTE, from);
  const bare = (noted < 0 ? text : text.slice(0, noted)).trimEnd();
  return parseLine(`${bare} ${NOTE}${note.replace(/\s+/g, ' ')}${end}`);
}

/** The line as a comment that says why; its setting is no longer read. */
export function commentedOut(line: ConfLine, note: string): ConfLine {
  return { text: `#${withNote(line, note).text}` };
}
