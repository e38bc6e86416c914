import { HostRefused, output, type Host } from './host';
import { makeDirectory, removeTree, writeFile } from './files';
import {
  CANCEL_SCRIPT,
  INSPECT_SCRIPT,
  LAUNCH_SCRIPT,
  PREPARE_SCRIPT,
  REFUGE_SCRIPT,
  RUNNER_SCRIPT,
} from './durable-job-scripts';

/** A long command on a host that outlives the worker, the connection and the Temporal service. */
export interface Job {
  /** Derived from migration and step. A job whose ID exists is attached to; it never runs twice. */
  id: string;
  /** A POSIX shell script. It runs in the job's directory, with `set -eu` its own choice. */
  script: string;
  /** OS user; the connection's own when absent. */
  user?: string;
  /** Files by name below `secrets/` in the job's directory, mode 0600, removed when the job ends; after a kill, when its end is seen. */
  secrets?: Readonly<Record<string, string>>;
}

export type JobStatus =
  | { state: 'absent' }
  | { state: 'running'; output: string }
  | { state: 'finished'; exitCode: number; output: string }
  /** Its processes are gone and it left no exit code: the host rebooted, or someone killed it. The step decides from the world. */
  | { state: 'interrupted'; output: string };

export interface FollowOptions {
  /** Called at every look with the last line that the job printed. */
  onProgress?: (lastLine: string) => void;
  /** Milliseconds between looks. Default 250. */
  intervalMs?: number;
  /** Aborting ends the job's whole process group. */
  signal?: AbortSignal;
}

/** Directory of a job on its host. */
export function jobDirectory(host: Host, job: Pick<Job, 'id' | 'user'>): string {
  return `${jobsRoot(host, job.user)}/${job.id}`;
}

/** Starts the job, or does nothing where it was started before. */
export async function startJob(host: Host, job: Job): Promise<void> {
  const directory = jobDirectory(host, job);
  await makeDirectory(host, jobsRoot(host, job.user), job.user ?? (await whoAmI(host)));
  await output(host, {
    argv: ['sh', '-c', PREPARE_SCRIPT, 'sh', directory, RUNNER_SCRIPT, String(Buffer.byteLength(job.script))],
    user: job.user,
    input: job.script,
  });
  if ((await inspectJob(host, job)).state !== 'absent') return;
  for (const [name, content] of Object.entries(job.secrets ?? {})) {
    await writeFile(host, `${directory}/secrets/${name}`, content, { user: job.user });
  }
  await launch(host, ['sh', '-c', LAUNCH_SCRIPT, 'sh', directory], job.user);
}

/** Under systemd a job gets a scope of its own, which neither the end of an SSH session nor of the worker's service touches. */
async function launch(host: Host, argv: readonly string[], user: string | undefined): Promise<void> {
  const me = await whoAmI(host);
  const ask = ['sh', '-c', REFUGE_SCRIPT, 'sh', me, ...host.as('root', ['systemd-run'])];
  const refuge = (await output(host, { argv: ask })).trim();
  if (refuge === 'nowhere') {
    throw new HostRefused(
      `${host.name}: systemd-logind ends what ${me} started as soon as the connection ends (KillUserProcesses=yes), a long job too. ` +
        `List ${me} in KillExcludeUsers= in logind.conf, or let it run systemd-run by sudo (docs/hosts.md). Nothing was started.`,
    );
  }
  if (refuge === 'session') return void (await output(host, { argv, user }));
  const scope = ['systemd-run', '--scope', '--quiet', '--collect', '--slice=system.slice', '--'];
  await output(host, { argv: [...scope, 'runuser', '-u', user ?? me, '--', ...argv], user: 'root' });
}

/** Looks at a job once, changing nothing. `output` is the last 64 KiB of what it printed. */
export async function inspectJob(host: Host, job: Pick<Job, 'id' | 'user'>): Promise<JobStatus> {
  const text = await output(host, {
    argv: ['sh', '-c', INSPECT_SCRIPT, 'sh', jobDirectory(host, job)],
    user: job.user,
  });
  const [first, ...rest] = text.split('\n');
  const [state, code] = first.split(' ');
  const printed = rest.join('\n');
  if (state === 'finished') return { state, exitCode: Number(code), output: printed };
  if (state === 'running' || state === 'interrupted') return { state, output: printed };
  return { state: 'absent' };
}

/**
 * Starts or attaches to the job and waits for its end.
 * @returns its end: `finished` with whatever exit code, or `interrupted`.
 * @throws the signal's reason after the job was ended because of it.
 */
export async function runJob(
  host: Host,
  job: Job,
  options: FollowOptions = {},
): Promise<Exclude<JobStatus, { state: 'absent' | 'running' }>> {
  await startJob(host, job);
  for (;;) {
    const status = await inspectJob(host, job);
    if (status.state === 'interrupted') await removeTree(host, `${jobDirectory(host, job)}/secrets`, job.user);
    if (status.state === 'finished' || status.state === 'interrupted') return status;
    if (options.signal?.aborted) {
      await cancelJob(host, job);
      throw options.signal.reason;
    }
    options.onProgress?.(status.state === 'running' ? lastLine(status.output) : 'starting');
    await new Promise((resolve) => setTimeout(resolve, options.intervalMs ?? 250));
  }
}

/** Ends a job's whole session: TERM, five seconds, KILL. A job that is not running is ended already. */
export async function cancelJob(host: Host, job: Pick<Job, 'id' | 'user'>): Promise<void> {
  await output(host, { argv: ['sh', '-c', CANCEL_SCRIPT, 'sh', jobDirectory(host, job)], user: job.user });
}

/** Forgets a job that is not running, so that its ID can be used anew. */
export async function forgetJob(host: Host, job: Pick<Job, 'id' | 'user'>): Promise<void> {
  await output(host, { argv: ['rm', '-rf', '--', jobDirectory(host, job)], user: job.user });
}

function jobsRoot(host: Host, user?: string): string {
  return `${host.workDirectory}/jobs/${user ?? 'self'}`;
}

async function whoAmI(host: Host): Promise<string> {
  return (await output(host, { argv: ['id', '-un'] })).trim();
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
