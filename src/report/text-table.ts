import Table from 'cli-table3';
import { oneLine, wrapCell } from './text-wrap';

/** Room that a column's padding takes. */
const PADDING = 2;
const NARROWEST = 10;

/** A table for terminals; what does not fit into a column is wrapped, never cut off. */
export function textTable(columns: string[], rows: string[][], width: number): string {
  const cells = [columns, ...rows].map((row) => row.map(oneLine));
  const widths = columnWidths(cells, width);
  const [head, ...body] = cells.map((row) => row.map((cell, index) => wrapCell(cell, widths[index]).join('\n')));
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  table.push(...body);
  return table.toString();
}

/** Natural widths, the widest column narrowed until the whole fits. */
function columnWidths(cells: string[][], width: number): number[] {
  const widths = cells[0].map((_, index) => Math.max(...cells.map((row) => row[index].length), 1));
  const total = (): number => widths.reduce((sum, each) => sum + each + PADDING + 1, 1);
  while (total() > width) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest] <= NARROWEST) break;
    widths[widest] -= 1;
  }
  return widths;
}
