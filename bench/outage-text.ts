import { textTable } from '../src/report/text-table';
import { span } from '../src/report/wording';
import type { BenchmarkOptions } from './benchmark';
import type { ContenderSummary, Range } from './summary';

const WIDTH = 120;

/**
 * A result for people: a table of outages with where their time went, and sentences.
 * @param parts column headings by name of the part.
 */
export function outageText(
  { from, to, scale, rounds }: BenchmarkOptions,
  contenders: Record<string, ContenderSummary>,
  parts: Record<string, string>,
  sentences: string[],
): string {
  const rows = Object.entries(contenders).map(([name, { medianMs, minMs, maxMs, partsMs }]) => {
    const times = [medianMs, minMs, maxMs, ...Object.keys(parts).map((part) => partsMs[part])];
    return [name, ...times.map((ms?: number) => (ms === undefined ? '' : span(ms)))];
  });
  return [
    `PostgreSQL ${from} → ${to}, pgbench scale ${scale}, ${rounds} rounds:`,
    textTable(['outage', 'median', 'shortest', 'longest', ...Object.values(parts)], rows, WIDTH),
    ...sentences,
    'Ratios are medians of the per-round ratios. Parts are medians by the host; outages are as a client saw them.',
  ].join('\n');
}

export function inRounds({ min, max }: Range): string {
  return `${min} to ${max} in single rounds`;
}
