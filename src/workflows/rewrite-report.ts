import { rewriteReportInput } from '../migration/input';
import type { RewriteReport } from '../ruvector/report/rewrite-report';
import { activity } from './parts/activities';
import { parseInput, plainly } from './parts/failures';

/**
 * Says what of a database's functions, views, expressions and statements calls RuVector 0.1.0's distance functions, and what it
 * would become. Changes nothing and may run at any time.
 */
export async function rewriteReport(raw: unknown): Promise<RewriteReport> {
  const input = parseInput(rewriteReportInput, raw);
  return plainly(activity('try', 'rewriteReport', `calls in ${input.database}`, input));
}
