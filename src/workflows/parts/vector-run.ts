import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow';
import { FAILURE } from '../../migration/failures';
import type { StepProgress } from '../../migration/progress';
import type { VectorProgress } from '../../migration/ruvector-progress';
import { activity } from './activities';
import { reason, typeOf } from './failures';
import type { Saga } from './saga';

const progressQuery = defineQuery<VectorProgress>('progress');

/** State of a running workflow on vectors: what the query answers, and what the Temporal UI shows. */
export class VectorRun {
  readonly progress: VectorProgress;
  private shown?: string;

  constructor(cluster: string, database: string, wayBack: string) {
    const words = { outcome: 'running', status: 'looking at the database', next: 'Nothing to do yet.' } as const;
    this.progress = {
      cluster,
      database,
      ...words,
      steps: [],
      warnings: [],
      checks: [],
      wait: {},
      wayBack,
      facts: [],
      log: [],
    };
    setHandler(progressQuery, () => this.progress, { description: 'Where it stands, in full.' });
  }

  say(status: string, next = 'Nothing to do; cancel the workflow to have everything undone.'): void {
    Object.assign(this.progress, { status, next });
    // Cancelled scopes may not schedule anything, and these two are commands; what is shown last stays.
    if (CancellationScope.current().consideredCancelled) return;
    setCurrentDetails(details(this.progress));
    const { cluster } = this.progress;
    if (status !== this.shown) upsertMemo({ cluster, status, next });
    this.shown = status;
  }

  note(text: string): void {
    this.progress.log.push({ at: Date.now(), text });
  }

  fact(name: string, value: string): void {
    this.progress.facts.push({ name, value });
  }

  /** Runs one step and keeps its record. */
  async step<T>(name: string, work: () => Promise<T>, tell?: (result: T) => string): Promise<T> {
    const record: StepProgress = { name, state: 'running', startedAt: Date.now() };
    this.progress.steps.push(record);
    this.say(name);
    const end = (state: StepProgress['state'], detail?: string) =>
      Object.assign(record, { state, durationMs: Date.now() - record.startedAt, detail });
    try {
      const result = await work();
      end('done', tell?.(result));
      return result;
    } catch (error) {
      end('failed', reason(error));
      throw error;
    }
  }

  /** Undoes what was done and makes of the error the workflow's own failure, which says so. */
  async undo(saga: Saga, error: unknown, serves: string): Promise<never> {
    const undone: string[] = [];
    await saga.compensate((name) => {
      undone.push(name);
      this.progress.steps.push({ name, state: 'undone', startedAt: Date.now() });
    });
    this.progress.outcome = undone.length > 0 ? 'rolled back' : 'failed';
    if (isCancellation(error)) throw error;
    const after = undone.length > 0 ? ` Undone: ${undone.join('; ')}.` : '';
    throw ApplicationFailure.create({
      type: typeOf(error) ?? FAILURE.rollbackIncomplete,
      nonRetryable: true,
      message: `${reason(error)}${after} ${serves}`,
      details: [this.progress],
    });
  }

  /** Waits until the inventory's maintenance window is open and has room for what was predicted. */
  async maintenanceWindow(cluster: string): Promise<void> {
    for (;;) {
      const next = await activity('try', 'windowOpensAt', 'maintenance window', { cluster });
      const now = Date.now();
      if (!next || (next.opensAt <= now && next.closesAt - now >= (this.progress.wait.predicted?.writesMs ?? 0)))
        return;
      const until = next.opensAt > now ? next.opensAt : next.closesAt;
      this.say(`waiting for the maintenance window: ${new Date(until).toISOString()}`);
      await condition(() => false, until - now, { summary: 'maintenance window' });
    }
  }
}

function details(progress: VectorProgress): string {
  const rows = progress.steps.map(
    ({ name, state, durationMs, detail }) =>
      `| ${name} | ${state} | ${durationMs ?? ''} | ${(detail ?? '').replaceAll('|', '/')} |`,
  );
  return [
    `**${progress.status}**`,
    `Next: ${progress.next}`,
    `Way back: ${progress.wayBack}`,
    ['| step | state | ms | |', '|---|---|---|---|', ...rows].join('\n'),
  ].join('\n\n');
}
