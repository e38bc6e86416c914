/** A named group of facts: a finding, an approval, one entry of the rollback ledger. */
export interface Entry {
  title: string;
  facts: [name: string, value: string][];
}

/** The building blocks of a report. Every text is plain: each renderer escapes it for its own format. */
export type Block =
  | { kind: 'paragraph'; text: string }
  | { kind: 'table'; caption: string; columns: string[]; rows: string[][] }
  | { kind: 'entries'; entries: Entry[] }
  /** `svg` is markup of our own making, with every text in it escaped; formats without pictures show the caption. */
  | { kind: 'figure'; caption: string; svg: string };

export interface Section {
  title: string;
  blocks: Block[];
  sections?: Section[];
}

/** A report, independent of the format it is shown in. */
export interface Document {
  title: string;
  /** The outcome in one sentence. */
  summary: string;
  tone: 'good' | 'bad' | 'open';
  sections: Section[];
}

/** A section without empty blocks, or none where nothing is left: a report shows no empty headings. */
export function section(title: string, blocks: Block[], sections: Section[] = []): Section[] {
  const filled = blocks.filter(hasContent);
  return filled.length + sections.length === 0 ? [] : [{ title, blocks: filled, sections }];
}

function hasContent(block: Block): boolean {
  switch (block.kind) {
    case 'paragraph':
      return block.text !== '';
    case 'table':
      return block.rows.length > 0;
    case 'entries':
      return block.entries.length > 0;
    case 'figure':
      return block.svg !== '';
  }
}

/** Facts with a value only; `undefined` and empty ones are left out. */
export function facts(pairs: Record<string, string | undefined>): Entry['facts'] {
  return Object.entries(pairs).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '');
}
