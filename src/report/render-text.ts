import { textTable } from './text-table';
import type { Block, Document, Entry, Section } from './document';
import { oneLine, wrap } from './text-wrap';

/** A report for a terminal of the given width in characters. */
export function renderText(document: Document, width = 100): string {
  const title = oneLine(document.title);
  const head = [`${title}\n${'='.repeat(title.length)}`, wrap(document.summary, width).join('\n')];
  return [...head, ...document.sections.flatMap((each) => section(each, width, 1))].join('\n\n') + '\n';
}

function section({ title, blocks, sections = [] }: Section, width: number, level: number): string[] {
  const heading = oneLine(title);
  return [
    level === 1 ? `${heading}\n${'-'.repeat(heading.length)}` : `${heading}:`,
    ...blocks.map((value) => block(value, width)),
    ...sections.flatMap((each) => section(each, width, level + 1)),
  ];
}

function block(value: Block, width: number): string {
  switch (value.kind) {
    case 'paragraph':
      return wrap(value.text, width).join('\n');
    case 'entries':
      return value.entries.map((each) => entryText(each, width)).join('\n');
    case 'figure':
      return wrap(`${value.caption} (a picture: see the HTML form)`, width).join('\n');
    case 'table':
      return textTable(value.columns, value.rows, width);
  }
}

/** A title with its facts indented below it. */
function entryText({ title, facts }: Entry, width: number): string {
  const label = Math.max(0, ...facts.map(([name]) => name.length)) + 2;
  const lines = facts.map(([name, value]) => hang(`    ${`${name}:`.padEnd(label)}`, value, width));
  return [hang('  ', title, width), ...lines].join('\n');
}

/** Wrapped text behind a first-line prefix; the other lines are indented to it. */
function hang(prefix: string, text: string, width: number): string {
  const indent = ' '.repeat(prefix.length);
  return wrap(text, width - prefix.length)
    .map((line, index) => `${index === 0 ? prefix : indent}${line}`)
    .join('\n');
}
