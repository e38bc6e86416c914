import Table from 'cli-table3';
import { oneLine } from './text-wrap';

/** Room that a column's borders and padding take. */
const FRAME = 3;
const NARROWEST = 10;

/** A table for terminals; columns that don't fit are wrapped, never cut off. */
export function textTable(columns: string[], rows: string[][], width: number): string {
  const cells = [columns, ...rows].map((row) => row.map(oneLine));
  const table = new Table({
    head: cells[0],
    colWidths: columnWidths(cells, width),
    wordWrap: true,
    wrapOnWordBoundary: false,
    style: { head: [], border: [], compact: true },
  });
  table.push(...cells.slice(1));
  return table.toString();
}

/** Natural widths, the widest column narrowed until the whole fits. */
function columnWidths(cells: string[][], width: number): number[] {
  const widths = cells[0].map((_, index) => FRAME - 1 + Math.max(...cells.map((row) => row[index].length)));
  const total = (): number => widths.reduce((sum, each) => sum + each + 1, 1);
  while (total() > width) {
    const widest = widths.indexOf(Math.max(...widths));
    if (widths[widest] <= NARROWEST) break;
    widths[widest] -= 1;
  }
  return widths;
}
