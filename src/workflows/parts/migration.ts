import { CancellationScope, condition, setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { StepMigrationInput } from '../../migration/input';
import { ledger } from '../../migration/ledger';
import { phaseName, type Hop } from '../../migration/path';
import type { Message } from '../../migration/messages';
import type { PhaseProgress, Progress } from '../../migration/progress';
import { details } from './details';
import { reason } from './failures';

/** The operator asked for the way back before the phase reached its gate. */
export class RollbackAsked extends Error {
  override name = 'RollbackAsked';
}

/** State of a running migration: what the query answers, and what the operator has asked for. */
export class Migration {
  readonly progress: Progress;
  /** A rollback that was asked for and not yet carried out. */
  rollbackAsked?: Message<'rollback'>;
  /** The status that the memo holds; each change of it is an event in the history. */
  private shown?: string;

  /** @param before what the run that this one continues had come to. */
  constructor(
    readonly input: StepMigrationInput,
    readonly tag: string,
    before?: Progress,
  ) {
    this.progress = before ?? {
      cluster: input.cluster,
      migration: tag,
      startedAt: Date.now(),
      outcome: 'running',
      status: 'looking at the cluster',
      next: 'Nothing to do yet.',
      runningVersion: 0,
      to: input.to,
      phases: [],
      log: [],
    };
  }

  /** Lays out the phases once the running version is known. */
  plan(running: number, path: Hop[]): void {
    this.progress.runningVersion = running;
    this.progress.phases = path.map((hop) => ({
      ...hop,
      name: phaseName(hop),
      state: 'planned',
      checks: { passed: 0, failed: 0 },
      warnings: [],
      differences: [],
      configurationChanges: [],
      steps: [],
    }));
    this.show();
  }

  /** Says where the migration stands and what a person can do; the Temporal UI alone tells it. */
  say(status: string, next: string): void {
    this.progress.status = status;
    this.progress.next = next;
    this.show();
  }

  note(text: string): void {
    this.progress.log.push({ at: Date.now(), text });
    this.show();
  }

  /**
   * Runs one step of a phase: waits while paused, turns back where a rollback was asked for, and keeps the step's record.
   * @throws RollbackAsked before the step, never in its middle.
   */
  async step<T>(phase: PhaseProgress, name: string, work: () => Promise<T>, tell?: (result: T) => string): Promise<T> {
    await this.readyForNext();
    const record: PhaseProgress['steps'][number] = { name, state: 'running', startedAt: Date.now() };
    phase.steps.push(record);
    this.say(`${phase.from} → ${phase.to}: ${name}`, 'Nothing to do; pause, or rollback to give the phase up.');
    try {
      const result = await work();
      Object.assign(record, { state: 'done', durationMs: Date.now() - record.startedAt, detail: tell?.(result) });
      return result;
    } catch (error) {
      Object.assign(record, { state: 'failed', durationMs: Date.now() - record.startedAt, detail: reason(error) });
      throw error;
    } finally {
      this.show();
    }
  }

  private async readyForNext(): Promise<void> {
    if (this.rollbackAsked) throw new RollbackAsked();
    if (!this.progress.paused) return;
    this.say(`paused by ${this.progress.paused.by}`, 'resume, or rollback.');
    await condition(() => !this.progress.paused || this.rollbackAsked !== undefined);
    if (this.rollbackAsked) throw new RollbackAsked();
  }

  /** Chooses how a phase is carried out; from here on its ledger is known. */
  choose(phase: PhaseProgress, mode: NonNullable<PhaseProgress['mode']>, why: string): void {
    phase.mode = mode;
    phase.why = why;
    const names = this.progress.standbys ?? [];
    phase.ledger = ledger(phase.name, mode, { names, retain: this.input.standbys.retain });
  }

  private show(): void {
    // Cancelled scopes may not schedule anything, and these two are commands; what is shown last stays.
    if (CancellationScope.current().consideredCancelled) return;
    setCurrentDetails(details(this.progress));
    const { cluster, startedAt, status, next } = this.progress;
    if (status === this.shown) return;
    this.shown = status;
    upsertMemo({ cluster, startedAt, status, next });
  }
}
