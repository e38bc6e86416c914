import type { Document } from './document';
import { renderHtml } from './render-html';
import { renderMarkdown } from './render-markdown';
import { renderText } from './render-text';

/** Formats that a document can be shown in; `json` is made from the data itself. */
export const DOCUMENT_FORMATS = ['text', 'markdown', 'html'] as const;
export type DocumentFormat = (typeof DOCUMENT_FORMATS)[number];

/** Shows a document in a format. `width` (characters) matters to `text` only. */
export function render(document: Document, format: DocumentFormat, width?: number): string {
  switch (format) {
    case 'text':
      return renderText(document, width);
    case 'markdown':
      return renderMarkdown(document);
    case 'html':
      return renderHtml(document);
  }
}
