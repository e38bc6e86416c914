/** One replacement in a text: UTF-16 offsets, `from` = `to` for an insertion. */
export interface Edit {
  from: number;
  to: number;
  text: string;
}

/** Something that a person has to look at: where, and why. */
export interface Problem {
  at: number;
  reason: string;
}

/** Where something of the text has no place in the source. */
const NOWHERE = -1;

/** A text that was decoded from a source (a string literal, a statement with placeholders) and knows where each unit came from. */
export class MappedText {
  constructor(
    readonly text: string,
    private readonly starts: ArrayLike<number>,
    private readonly ends: ArrayLike<number>,
    private readonly encode: (text: string) => string = (same) => same,
  ) {}

  /** The source itself. */
  static of(text: string): MappedText {
    return MappedText.build().verbatim(text, 0).done();
  }

  static build(): MappedTextBuilder {
    return new MappedTextBuilder();
  }

  /** Where in the source the unit at this offset begins; the next place for what has none. */
  sourceOf(at: number): number {
    let i = at;
    while (i < this.text.length && this.starts[i] === NOWHERE) i += 1;
    if (i < this.text.length) return this.starts[i];
    return Math.max(0, this.ends[this.text.length - 1] ?? 0);
  }

  /** The same stretch of source, read as another text of the same length. */
  slice(from: number, to: number, text = this.text.slice(from, to)): MappedText {
    const part = (offsets: ArrayLike<number>) => Array.from({ length: to - from }, (_, i) => offsets[from + i]);
    return new MappedText(text, part(this.starts), part(this.ends), this.encode);
  }

  /** The text with stretches replaced; what replaces them stands for the whole stretch in the source. */
  replaced(edits: Edit[]): MappedText {
    const builder = MappedText.build();
    let at = 0;
    for (const { from, to, text } of inOrder(edits)) {
      builder.copy(this, at, from, this.starts, this.ends);
      builder.atom(text, this.starts[from] ?? NOWHERE, this.ends[to - 1] ?? NOWHERE);
      at = to;
    }
    builder.copy(this, at, this.text.length, this.starts, this.ends);
    return builder.done(this.encode);
  }

  /** The edit in the source, or undefined where the stretch is not in one piece there. */
  toSource({ from, to, text }: Edit): Edit | undefined {
    const place = from === to ? this.gap(from) : this.stretch(from, to);
    return place && { ...place, text: this.encode(text) };
  }

  /** All edits in the source, or undefined where one has no place there. */
  allToSource(edits: Edit[]): Edit[] | undefined {
    const mapped = edits.map((edit) => this.toSource(edit));
    return mapped.every((edit) => edit !== undefined) ? mapped : undefined;
  }

  /** Between two units; beside the one before where both have a place and something of the source stands between them. */
  private gap(at: number): { from: number; to: number } | undefined {
    const before = at > 0 ? this.ends[at - 1] : NOWHERE;
    const after = at < this.text.length ? this.starts[at] : NOWHERE;
    const place = before === NOWHERE ? after : before;
    return place === NOWHERE ? undefined : { from: place, to: place };
  }

  private stretch(from: number, to: number): { from: number; to: number } | undefined {
    for (let i = from; i < to; i += 1) {
      if (this.starts[i] === NOWHERE || (i > from && this.ends[i - 1] !== this.starts[i])) return undefined;
    }
    return { from: this.starts[from], to: this.ends[to - 1] };
  }
}

class MappedTextBuilder {
  private readonly texts: string[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];

  /** Text as it stands in the source from this offset on. */
  verbatim(text: string, at: number): this {
    this.texts.push(text);
    for (let i = 0; i < text.length; i += 1) {
      this.starts.push(at + i);
      this.ends.push(at + i + 1);
    }
    return this;
  }

  /** Text that stands for a stretch of source as a whole: nothing can be changed inside it. */
  atom(text: string, from = NOWHERE, to = NOWHERE): this {
    this.texts.push(text);
    for (let i = 0; i < text.length; i += 1) {
      this.starts.push(from);
      this.ends.push(to);
    }
    return this;
  }

  copy({ text }: MappedText, from: number, to: number, starts: ArrayLike<number>, ends: ArrayLike<number>): this {
    this.texts.push(text.slice(from, to));
    for (let i = from; i < to; i += 1) {
      this.starts.push(starts[i]);
      this.ends.push(ends[i]);
    }
    return this;
  }

  done(encode?: (text: string) => string): MappedText {
    return new MappedText(this.texts.join(''), this.starts, this.ends, encode);
  }
}

/** Edits in the order of the text; insertions at one place in the order in which they were made. */
function inOrder(edits: Edit[]): Edit[] {
  return edits
    .map((edit, index) => ({ edit, index }))
    .sort((a, b) => a.edit.from - b.edit.from || a.edit.to - b.edit.to || a.index - b.index)
    .map(({ edit }) => edit);
}

/** The text with all edits made. @throws Error when two of them overlap, which would be a defect of the rewriting. */
export function applyEdits(text: string, edits: Edit[]): string {
  let at = 0;
  let result = '';
  for (const edit of inOrder(edits)) {
    if (edit.from < at) throw new Error(`two edits overlap at offset ${edit.from}`);
    result += text.slice(at, edit.from) + edit.text;
    at = edit.to;
  }
  return result + text.slice(at);
}
