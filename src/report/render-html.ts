import type { Block, Document, Entry, Section } from './document';
import { STYLE } from './html-style';

const BADGES: Record<Document['tone'], string> = { good: 'Completed', bad: 'Needs attention', open: 'Under way' };

/** A report as one HTML file: nothing is loaded from elsewhere, no script runs, and it prints. */
export function renderHtml(document: Document): string {
  const title = escapeHtml(document.title);
  const numbered = document.sections.map((each, index) => ({ ...each, id: `section-${index + 1}` }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<header class="${document.tone}">
<p class="badge">${BADGES[document.tone]}</p>
<h1>${title}</h1>
<p>${escapeHtml(document.summary)}</p>
</header>
<nav aria-label="Contents"><ul>${numbered.map(link).join('')}</ul></nav>
<main>
${numbered.map((each) => section(each, 2, each.id)).join('\n')}
</main>
</body>
</html>
`;
}

function link({ title, id }: { title: string; id: string }): string {
  return `<li><a href="#${id}">${escapeHtml(title)}</a></li>`;
}

function section({ title, blocks, sections = [] }: Section, level: number, id: string): string {
  const inner = [
    ...blocks.map(block),
    ...sections.map((each, index) => section(each, level + 1, `${id}-${index + 1}`)),
  ];
  return `<section aria-labelledby="${id}">\n<h${level} id="${id}">${escapeHtml(title)}</h${level}>\n${inner.join('\n')}\n</section>`;
}

function block(value: Block): string {
  switch (value.kind) {
    case 'paragraph':
      return `<p>${escapeHtml(value.text)}</p>`;
    case 'entries':
      return value.entries.map(entry).join('\n');
    case 'table':
      return table(value);
    case 'figure':
      return `<figure>${value.svg}<figcaption>${escapeHtml(value.caption)}</figcaption></figure>`;
  }
}

function entry({ title, facts }: Entry): string {
  const pairs = facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('');
  return `<div class="entry"><p class="entry-title">${escapeHtml(title)}</p>${pairs && `<dl>${pairs}</dl>`}</div>`;
}

function table({ caption, columns, rows }: Extract<Block, { kind: 'table' }>): string {
  const head = columns.map((column) => `<th scope="col">${escapeHtml(column)}</th>`).join('');
  const body = rows.map(([first = '', ...rest]) => {
    const cells = rest.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('');
    return `<tr><th scope="row">${escapeHtml(first)}</th>${cells}</tr>`;
  });
  // Wide tables scroll by themselves; a keyboard reaches what scrolls only where it can be focused.
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(caption)}"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text so that it is text in HTML, in elements and in quoted attributes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
