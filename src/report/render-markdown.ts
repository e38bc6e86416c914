import type { Block, Document, Entry, Section } from './document';

/** A report as Markdown (GitHub's flavour, for its tables). */
export function renderMarkdown(document: Document): string {
  const head = [`# ${escapeMarkdown(document.title)}`, `**${escapeMarkdown(document.summary)}**`];
  return [...head, ...document.sections.flatMap((each) => section(each, 2))].join('\n\n') + '\n';
}

function section({ title, blocks, sections = [] }: Section, level: number): string[] {
  return [
    `${'#'.repeat(level)} ${escapeMarkdown(title)}`,
    ...blocks.map(block),
    ...sections.flatMap((each) => section(each, level + 1)),
  ];
}

function block(value: Block): string {
  switch (value.kind) {
    case 'paragraph':
      return escapeMarkdown(value.text);
    case 'entries':
      return value.entries.map(entry).join('\n');
    case 'figure':
      return escapeMarkdown(`${value.caption} (a picture: see the HTML form)`);
    case 'table':
      return table(value.columns, value.rows);
  }
}

function entry({ title, facts }: Entry): string {
  const lines = facts.map(([name, value]) => `  - ${escapeMarkdown(name)}: ${escapeMarkdown(value)}`);
  return [`- **${escapeMarkdown(title)}**`, ...lines].join('\n');
}

function table(columns: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(columns), `|${columns.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Plain text so that Markdown shows it as it is, on one line: names in a cluster may hold anything. */
function escapeMarkdown(text: string): string {
  return text
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[\\`*_[\]<>|~]/g, '\\$&')
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replace(/^([#+-]|\d+[.)])(?=\s|$)/, '\\$1');
}
