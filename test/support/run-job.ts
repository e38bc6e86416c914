import { forgetJob, runJob } from '../../src/hosts/durable-job';
import type { Host } from '../../src/hosts/host';
import type { RunJob } from '../../src/postgres/upgrade/jobs';

/** Runs durable jobs as an activity would, without Temporal around it. */
export function runJobs(host: Host): RunJob {
  return async (job, options = {}) => {
    const end = await runJob(host, job, { intervalMs: 50 });
    const failed = end.state === 'interrupted' || end.exitCode !== 0;
    if (options.restart && failed) await forgetJob(host, job);
    return end.state === 'finished' ? { exitCode: end.exitCode, output: end.output } : { output: end.output };
  };
}
