import type { Job } from '../../hosts/durable-job';

/** Runs a durable job to its end, attaching where it runs already; the activity behind it sends the heartbeats. */
export type RunJob = (job: Job, options?: RunJobOptions) => Promise<JobEnd>;

export interface RunJobOptions {
  /** Start it anew when it was interrupted (reboot, kill). Only for scripts that clear what an earlier run left. */
  restart?: boolean;
  /** How the last line that the job printed is told as its progress; as it is when absent. */
  tell?: (lastLine: string) => string;
}

export interface JobEnd {
  /** Undefined when it was interrupted and not to be restarted. */
  exitCode?: number;
  output: string;
}

/** A durable job ended badly. The message carries the end of what it printed. */
export class JobFailed extends Error {
  override name = 'JobFailed';
  constructor(
    what: string,
    readonly end: JobEnd,
  ) {
    super(
      `${what} ${end.exitCode === undefined ? 'was interrupted' : `ended with exit code ${end.exitCode}`}: ${end.output.trim().slice(-3000)}`,
    );
  }
}

/** Runs a job that has to succeed and may be started anew. @throws JobFailed */
export async function succeed(
  run: RunJob,
  what: string,
  job: Job,
  options: Pick<RunJobOptions, 'tell'> = {},
): Promise<string> {
  const end = await run(job, { ...options, restart: true });
  if (end.exitCode !== 0) throw new JobFailed(what, end);
  return end.output;
}
