import { condition } from '@temporalio/workflow';
import { digest } from '../../migration/digest';
import { milliseconds } from '../../migration/duration';
import { BadMessage, type Message } from '../../migration/messages';
import type { GateProgress, PhaseProgress } from '../../migration/progress';
import { initialSoakState, judge, type Alarm, type SoakSample } from '../../migration/soak';
import { reason } from './failures';
import type { Migration } from './migration';
import { sample } from './sample';

/** How a gate ended. */
export type Decision = 'go on' | 'stop' | 'roll back';

/** A step that failed after the new server was opened; it is tried again at every look until it succeeds. */
export interface OpenStep {
  name: string;
  detail: string;
  again: () => Promise<unknown>;
}

/** What a phase hands to its gate. */
export interface PhaseOutcome {
  open: OpenStep[];
  /** The cluster before the outage, which the soak compares with. */
  baseline?: SoakSample;
}

/**
 * The pause after a phase: the soak, checks that go on during it, and the approval. A soak is not a sleep: every look
 * samples the cluster; an alarm is shown at once and blocks the approval until it clears or is accepted by name.
 */
export class Gate {
  private readonly state: GateProgress;
  private soak;
  private cursor?: SoakSample['cursor'];
  private decision?: Decision;
  private readonly open: OpenStep[];

  constructor(
    private readonly migration: Migration,
    private readonly phase: PhaseProgress,
    { open, baseline }: PhaseOutcome,
    last: boolean,
  ) {
    this.open = open;
    this.soak = initialSoakState(baseline ? [baseline] : []);
    this.cursor = baseline?.cursor;
    const { input } = migration;
    const soakMs = milliseconds(last ? (input.soakAfterLast ?? input.soak) : input.soak);
    const now = Date.now();
    this.state = {
      openedAt: now,
      soakEndsAt: now + soakMs,
      expiresAt: now + soakMs + milliseconds(input.approvalWithin),
      needsApproval: !last,
      alarms: [],
      raised: [],
      evidence: '',
    };
    phase.gate = this.state;
    phase.state = 'soaking';
  }

  /** Watches until there is a decision. */
  async pass(): Promise<Decision> {
    for (;;) {
      await this.look();
      const decision = this.decided();
      if (decision) return decision;
      await condition(() => this.decided() !== undefined, this.untilNextLook(), {
        summary: `soak of ${this.phase.name}`,
      });
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
    this.decide('go on', 'approved', message.by, message.note, message.acceptAlarms);
    return `${this.phase.name} is approved by ${message.by}.`;
  }

  reject(message: Message<'reject'>): string {
    this.mustBeHere(message.phase);
    this.decide('stop', 'rejected', message.by, message.reason);
    return `${this.phase.name} is rejected; the migration ends here and ${this.phase.to} goes on serving.`;
  }

  extend(message: Message<'extend'>): string {
    if (this.decision) throw new BadMessage(`the gate of ${this.phase.name} is decided already`);
    const ms = milliseconds(message.duration);
    this.state.soakEndsAt = Math.max(this.state.soakEndsAt, Date.now()) + ms;
    this.state.expiresAt += ms;
    this.show();
    return `The soak of ${this.phase.name} goes on until ${iso(this.state.soakEndsAt)}.`;
  }

  private mustBeHere(phase: string): void {
    if (phase !== this.phase.name) throw new BadMessage(`phase: the gate is ${this.phase.name}, not "${phase}"`);
    if (this.decision) throw new BadMessage(`phase: ${this.phase.name} is decided already`);
  }

  private decide(
    decision: Decision,
    kind: NonNullable<GateProgress['decision']>['kind'],
    by: string,
    note?: string,
    acceptedAlarms?: string[],
  ): void {
    this.decision = decision;
    this.state.decision = { kind, by, at: Date.now(), note, acceptedAlarms };
  }

  private decided(): Decision | undefined {
    if (this.migration.rollbackAsked) return 'roll back';
    if (this.migration.progress.paused) return undefined;
    if (this.decision) return this.decision;
    const now = Date.now();
    if (now >= this.state.expiresAt) this.decide('stop', 'expired', 'the clock');
    else if (!this.state.needsApproval && now >= this.state.soakEndsAt && this.state.alarms.length === 0)
      this.decide('go on', 'passed', 'the checks');
    return this.decision;
  }

  private async look(): Promise<void> {
    await this.tryOpenSteps();
    const seen = await this.sample();
    const judged = judge(this.soak, seen, this.migration.input.thresholds);
    this.soak = judged.state;
    this.cursor = seen.cursor;
    this.state.lastCheckedAt = Date.now();
    this.state.alarms = [...this.lasting(), ...judged.alarms];
    this.state.raised = [...new Set([...this.state.raised, ...this.state.alarms.map((alarm) => alarm.name)])];
    this.state.evidence = digest([
      this.phase.differences,
      this.phase.checks,
      this.state.alarms.map((alarm) => alarm.name),
    ]);
    this.rollBackOnAlarm();
    this.show();
  }

  /** Alarms that do not come from the samples: open steps, and what the comparison found lost. */
  private lasting(): Alarm[] {
    const since = this.state.openedAt;
    return [
      ...this.open.map(({ name, detail }) => ({ name, detail, since, severity: 'warning' as const })),
      ...(this.phase.differences.length > 0
        ? [
            {
              name: 'comparison',
              severity: 'critical' as const,
              since,
              detail: this.phase.differences.map((each) => `${each.check}: ${each.seen}`).join('; '),
            },
          ]
        : []),
    ];
  }

  private async tryOpenSteps(): Promise<void> {
    for (const step of [...this.open]) {
      try {
        await step.again();
        this.open.splice(this.open.indexOf(step), 1);
        this.migration.note(`${step.name} succeeded at last`);
      } catch (error) {
        step.detail = reason(error);
      }
    }
  }

  private async sample(): Promise<SoakSample> {
    try {
      return await sample('once', `${this.phase.to}: soak checks`, this.migration.input, this.phase.to, this.cursor);
    } catch (error) {
      return {
        at: Date.now(),
        measures: {},
        problems: [{ name: 'not-watched', detail: reason(error) }],
        cursor: this.cursor,
      };
    }
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

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
