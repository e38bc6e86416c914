import { rewriteReport } from '../ruvector/report/rewrite-report';
import type { RewriteOptions } from '../ruvector/rewrite/names';
import type { Clusters } from './clusters';
import { step } from './step';

/** Activities of the query rewrite. They only look. */
export function rewriteActivities(clusters: Clusters) {
  return {
    rewriteReport: step(async (input: { cluster: string; database: string; to: RewriteOptions['to'] }) =>
      rewriteReport(clusters.get(input.cluster), input),
    ),
  };
}
