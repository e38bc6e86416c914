import { condition, workflowInfo } from '@temporalio/workflow';
import { digest } from '../../migration/digest';
import { milliseconds } from '../../migration/duration';
import { BadMessage, type Message } from '../../migration/messages';
import type { GateProgress, PhaseProgress } from '../../migration/progress';
import type { Migration } from './migration';
import { SoakWatch, type WatchMemory } from './soak-watch';

/** How a gate ended; or that this run's history is long, and the next run has to go on watching. */
export type Decision = 'go on' | 'stop' | 'roll back' | 'continue as new';

/**
 * A look adds about eleven events to the history, and a replay reads them all. Far below the 4,096 events from which
 * Temporal suggests to continue as new, and the 51,200 at which it ends a workflow.
 */
const MOST_EVENTS = 2_000;

const DECISIONS: Record<NonNullable<GateProgress['decision']>['kind'], Decision> = {
  approved: 'go on',
  passed: 'go on',
  rejected: 'stop',
  expired: 'stop',
  'rolled back': 'roll back',
};

/**
 * The pause after a phase: the soak, checks that go on during it, and the approval. A soak is not a sleep: every look
 * samples the cluster; an alarm is shown at once and blocks the approval until it clears or is accepted by name.
 */
export class Gate {
  private readonly watch: SoakWatch;

  private constructor(
    private readonly migration: Migration,
    private readonly phase: PhaseProgress,
    private readonly state: GateProgress,
    memory: WatchMemory,
  ) {
    this.watch = new SoakWatch(migration, phase, memory);
  }

  /** Opens the gate of a phase that has just ended. The last one needs no approval: the checks pass it. */
  static open(migration: Migration, phase: PhaseProgress, memory: WatchMemory, last: boolean): Gate {
    const { soak, soakAfterLast, approvalWithin } = migration.input;
    const now = Date.now();
    const soakEndsAt = now + milliseconds(last ? (soakAfterLast ?? soak) : soak);
    phase.state = 'soaking';
    phase.gate = {
      openedAt: now,
      soakEndsAt,
      expiresAt: soakEndsAt + milliseconds(approvalWithin),
      needsApproval: !last,
      alarms: [],
      raised: [],
      evidence: '',
    };
    return new Gate(migration, phase, phase.gate, memory);
  }

  /** The gate as the run before this one left it. */
  static reopen(migration: Migration, phase: PhaseProgress, memory: WatchMemory): Gate {
    return new Gate(migration, phase, phase.gate!, memory);
  }

  /** What the run that continues this one needs to know. */
  get memory(): WatchMemory {
    return this.watch.memory;
  }

  /** Watches until there is a decision. */
  async pass(): Promise<Decision> {
    for (;;) {
      await this.look();
      const decision = this.decided();
      if (decision) return decision;
      if (historyIsLong()) return 'continue as new';
      await condition(() => this.decided() !== undefined, this.untilNextLook(), {
        summary: `soak of ${this.phase.name}`,
      });
      // The soak may be over by now; a look takes a while.
      if (!this.decided()) this.show();
    }
  }

  /** Takes an approval. @throws BadMessage with the reason why it is refused. */
  approve(message: Message<'approve'>): string {
    this.mustBeHere(message.phase);
    if (message.evidence && message.evidence !== this.state.evidence) {
      throw new BadMessage(
        `the evidence is ${this.state.evidence} by now, not ${message.evidence}: look again, then approve what you saw`,
      );
    }
    if (Date.now() < this.state.soakEndsAt && !message.early) {
      throw new BadMessage(
        `the soak goes on until ${iso(this.state.soakEndsAt)}; approve with early: true to cut it short`,
      );
    }
    const open = this.state.alarms.filter((alarm) => !message.acceptAlarms.includes(alarm.name));
    if (open.length > 0) {
      throw new BadMessage(
        `alarms stand: ${open.map((alarm) => `${alarm.name} (${alarm.detail})`).join('; ')}. Mend them, or accept them by name`,
      );
    }
    this.decide('approved', message.by, message.note, message.acceptAlarms);
    return `${this.phase.name} is approved by ${message.by}.`;
  }

  reject(message: Message<'reject'>): string {
    this.mustBeHere(message.phase);
    this.decide('rejected', message.by, message.reason);
    return `${this.phase.name} is rejected; the migration ends here and ${this.phase.to} goes on serving.`;
  }

  extend(message: Message<'extend'>): string {
    if (this.state.decision) throw new BadMessage(`the gate of ${this.phase.name} is decided already`);
    const ms = milliseconds(message.duration);
    this.state.soakEndsAt = Math.max(this.state.soakEndsAt, Date.now()) + ms;
    this.state.expiresAt += ms;
    this.show();
    return `The soak of ${this.phase.name} goes on until ${iso(this.state.soakEndsAt)}.`;
  }

  private mustBeHere(phase: string): void {
    if (phase !== this.phase.name) throw new BadMessage(`phase: the gate is ${this.phase.name}, not "${phase}"`);
    if (this.state.decision) throw new BadMessage(`phase: ${this.phase.name} is decided already`);
  }

  private decide(
    kind: NonNullable<GateProgress['decision']>['kind'],
    by: string,
    note?: string,
    acceptedAlarms?: string[],
  ): void {
    this.state.decision = { kind, by, at: Date.now(), note, acceptedAlarms };
  }

  private decided(): Decision | undefined {
    if (this.migration.rollbackAsked) return 'roll back';
    if (this.migration.progress.paused) return undefined;
    const { decision, needsApproval, soakEndsAt, expiresAt, alarms } = this.state;
    const now = Date.now();
    if (!decision && now >= expiresAt) this.decide('expired', 'the clock');
    else if (!decision && !needsApproval && now >= soakEndsAt && alarms.length === 0)
      this.decide('passed', 'the checks');
    return this.state.decision && DECISIONS[this.state.decision.kind];
  }

  private async look(): Promise<void> {
    const { phase, state } = this;
    Object.assign(state, await this.watch.look());
    state.lastCheckedAt = Date.now();
    const names = state.alarms.map((alarm) => alarm.name);
    state.raised = [...new Set([...state.raised, ...names])];
    state.evidence = digest([phase.differences, phase.checks, names]);
    this.rollBackOnAlarm();
    this.show();
  }

  private rollBackOnAlarm(): void {
    const critical = this.state.alarms.find((alarm) => alarm.severity === 'critical');
    // Only for what a rollback would mend; a full disk stays full.
    if (this.migration.input.onAlarm !== 'rollback' || !critical) return;
    const { loss } = this.phase.ledger!;
    if (!this.migration.input.acceptLoss.includes(loss)) return;
    this.migration.note(`alarm ${critical.name}: rolling back by itself, as the plan says`);
    this.migration.rollbackAsked = { by: 'the plan (onAlarm: rollback)', accept: [loss], to: this.phase.from };
  }

  private untilNextLook(): number {
    const now = Date.now();
    const every = milliseconds(this.migration.input.watchEvery);
    const next = [this.state.soakEndsAt, this.state.expiresAt]
      .filter((moment) => moment > now)
      .map((moment) => moment - now);
    return Math.max(1, Math.min(every, ...next));
  }

  private show(): void {
    const { phase, state } = this;
    const soaking = Date.now() < state.soakEndsAt;
    const alarmed = state.alarms.length > 0 ? ` with ${state.alarms.length} alarm(s)` : '';
    if (soaking)
      this.migration.say(
        `${phase.to} serves; soak until ${iso(state.soakEndsAt)}${alarmed}`,
        'Watch; rollback if something is wrong, extend to watch longer.',
      );
    else if (state.needsApproval || alarmed)
      this.migration.say(
        `${phase.to} serves; waiting for the approval of ${phase.name}${alarmed}`,
        `approve or reject phase ${phase.name} (evidence ${state.evidence}), or rollback.`,
      );
  }
}

function historyIsLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength >= MOST_EVENTS;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
