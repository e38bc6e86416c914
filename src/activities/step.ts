import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { forgetJob, runJob } from '../hosts/durable-job';
import { HostRefused } from '../hosts/host';
import { InventoryError } from '../inventory/load';
import { SecretError } from '../inventory/secrets';
import { digest } from '../migration/digest';
import { FAILURE } from '../migration/failures';
import { PathError } from '../migration/path';
import type { Cluster } from '../postgres/cluster';
import type { RunJob } from '../postgres/upgrade/jobs';
import { ClientsWouldFail } from '../pgbouncer/clients';
import { ClientsNotDrained, OutageRolledBack, ServiceDown } from '../postgres/upgrade/outage';
import { RehearsalFailed } from '../postgres/upgrade/rehearsal';
import { ConfigurationRefused } from '../postgres/configuration/prepare';
import { NotReady } from '../postgres/upgrade/describe';
import { PackagesRefused } from '../postgres/packages';
import { StillInUse } from '../postgres/upgrade/finalize';
import { UnknownStandby } from '../postgres/standby/standby-files';
import { ConversionRefused } from '../ruvector/jobs';
import { NoSuchLine } from '../ruvector/checklist/run';
import { NoSuchExtension } from '../ruvector/plan';
import { RebuildRefused } from '../ruvector/rebuild';
import { TargetTaken } from '../postgres/upgrade/target';

const HEARTBEAT_MS = 1_000;

/** Errors for which trying again is no use, and the failure type that tells callers what became of the cluster. */
const FINAL: [new (...args: never[]) => Error, string][] = [
  [InventoryError, FAILURE.invalidInput],
  [SecretError, FAILURE.invalidInput],
  [PathError, FAILURE.invalidInput],
  [TargetTaken, FAILURE.invalidInput],
  [NotReady, FAILURE.invalidInput],
  [StillInUse, FAILURE.invalidInput],
  [UnknownStandby, FAILURE.invalidInput],
  [NoSuchExtension, FAILURE.invalidInput],
  [RebuildRefused, FAILURE.invalidInput],
  [NoSuchLine, FAILURE.invalidInput],
  [ConfigurationRefused, FAILURE.preflight],
  [PackagesRefused, FAILURE.packagesRefused],
  [ClientsWouldFail, FAILURE.preflight],
  [RehearsalFailed, FAILURE.rehearsal],
  [ClientsNotDrained, FAILURE.clientsNotDrained],
  [ConversionRefused, FAILURE.conversionRefused],
  [OutageRolledBack, FAILURE.outageRolledBack],
  [ServiceDown, FAILURE.serviceDown],
];

/**
 * Makes an activity of a function: heartbeats while it works, so that a dead worker is noticed within seconds, and final
 * errors turned into non-retryable failures with a stable type.
 */
export function step<Input, Output>(work: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
  return async (input) => {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(lastProgress.get(context)), HEARTBEAT_MS);
    try {
      return await work(input);
    } catch (error) {
      throw asFailure(error);
    } finally {
      clearInterval(timer);
    }
  };
}

const lastProgress = new WeakMap<Context, string>();

/** Says how far the current activity is; it is seen as the pending activity's heartbeat in the UI and by `temporal`. */
export function progress(what: string): void {
  const context = Context.current();
  lastProgress.set(context, what);
  context.heartbeat(what);
}

/** Which attempt of the current activity this is, from 1. */
export function attempt(): number {
  return Context.current().info.attempt;
}

/** A name for what the current activity makes on a host: its own, and the same in each of its attempts. */
export function ownName(): string {
  const { workflowExecution, activityId } = Context.current().info;
  return digest([workflowExecution, activityId]);
}

function asFailure(error: unknown): unknown {
  const final = FINAL.find(([kind]) => error instanceof kind) ?? refusedAtStart(error);
  if (!final) return error;
  return ApplicationFailure.create({
    type: final[1],
    nonRetryable: true,
    message: (error as Error).message,
    cause: error as Error,
  });
}

/**
 * A host that can't be used ends a step that may be given up at once. One that has to go on until it ends (no limit of
 * attempts) waits for the person who mends the host.
 */
function refusedAtStart(error: unknown): (typeof FINAL)[number] | undefined {
  const limited = (Context.current().info.retryPolicy?.maximumAttempts ?? 0) > 0;
  return error instanceof HostRefused && limited ? [HostRefused, FAILURE.invalidInput] : undefined;
}

/**
 * Runs durable jobs of the cluster's host for the current activity. Cancelling the workflow ends the job; a worker that
 * shuts down only leaves it, and the next attempt attaches to it. A restartable
 * job that failed is forgotten once its end was told, so that the activity's next attempt starts it anew.
 */
export function jobRunner(cluster: Cluster): RunJob {
  return async (job, options = {}) => {
    const tell = options.tell ?? ((line: string) => line);
    const follow = { onProgress: (line: string) => goOnOrLeave(tell(line)), signal: cancelRequested() };
    for (;;) {
      const end = await runJob(cluster.host, job, follow);
      const failed = end.state === 'interrupted' || end.exitCode !== 0;
      if (options.restart && failed) await forgetJob(cluster.host, job);
      if (end.state === 'finished') return { exitCode: end.exitCode, output: end.output };
      if (!options.restart) return { output: end.output };
    }
  };
}

/** Aborts when the workflow asked for the cancellation, and not for a worker's own shutdown. */
function cancelRequested(): AbortSignal {
  const context = Context.current();
  const requested = new AbortController();
  const tell = () => {
    if (context.cancellationDetails?.cancelRequested) requested.abort(context.cancellationSignal.reason);
  };
  if (context.cancellationSignal.aborted) tell();
  else context.cancellationSignal.addEventListener('abort', tell, { once: true });
  return requested.signal;
}

/** Tells the progress, or leaves the job to the next attempt when this worker shuts down. */
function goOnOrLeave(what: string): void {
  const context = Context.current();
  if (context.cancellationSignal.aborted && !context.cancellationDetails?.cancelRequested) {
    throw new Error('this worker is shutting down; the job goes on on its host, and the next attempt attaches to it');
  }
  progress(what);
}
