import { textTable } from '../src/report/text-table';
import { span } from '../src/report/wording';
import { CONTENDERS } from './contender';
import type { OutageResult, Range } from './result';

const COLUMNS = ['outage', 'median', 'shortest', 'longest', 'stop', 'check', 'pg_upgrade', 'start'];
const WIDTH = 120;

/** The result for people: a table of outages with where their time went, and the ratios with their spread. */
export function resultText(result: OutageResult): string {
  const { rounds, scale, from, to, contenders, ratioToRunbook, ratioToFloor, spread } = result;
  const rows = CONTENDERS.map((name) => {
    const { medianMs, minMs, maxMs, partsMs } = contenders[name];
    const parts = [partsMs.stop, partsMs.check, partsMs.upgrade, partsMs.start];
    return [name, ...[medianMs, minMs, maxMs, ...parts].map((ms?: number) => (ms === undefined ? '' : span(ms)))];
  });
  return [
    `PostgreSQL ${from} → ${to}, pgbench scale ${scale}, ${rounds} rounds:`,
    textTable(COLUMNS, rows, WIDTH),
    `pgpassage needs ${ratioToRunbook} of the runbook's outage (${inRounds(spread.ratioToRunbook)}) and ${ratioToFloor} of the floor's (${inRounds(spread.ratioToFloor)}).`,
    'Ratios are medians of the per-round ratios. Parts are medians by the host; outages are as a client saw them.',
  ].join('\n');
}

function inRounds({ min, max }: Range): string {
  return `${min} to ${max} in single rounds`;
}
