import { ApplicationFailure, defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { lossOf } from '../../migration/ledger';
import { BadMessage, messageSchemas, parseMessage, type Message, type MessageName } from '../../migration/messages';
import type { Progress } from '../../migration/progress';
import type { Gate } from './gate';
import type { Migration } from './migration';

export const progressQuery = defineQuery<Progress>('progress');

/** Takes the operator's messages. Each comes as a signal (UI, `temporal` CLI) or as an update, which is answered. */
export class Inbox {
  /** The gate that the migration stands at, if it does. */
  gate?: Gate;

  constructor(private readonly migration: Migration) {
    setHandler(progressQuery, () => migration.progress, { description: 'Where the migration stands, in full.' });
    for (const name of Object.keys(messageSchemas) as MessageName[]) this.take(name);
  }

  private take(name: MessageName): void {
    setHandler(defineSignal<[unknown]>(name), (payload) => {
      try {
        this.migration.note(this.handle(name, payload));
      } catch (error) {
        // A signal's sender gets no answer; the log, which progress shows, is where it stands.
        if (!(error instanceof BadMessage)) throw error;
        this.migration.note(`refused: ${error.message}`);
      }
    });
    setHandler(
      defineUpdate<string, [unknown]>(name),
      (payload) => {
        try {
          const answer = this.handle(name, payload);
          this.migration.note(answer);
          return answer;
        } catch (error) {
          if (!(error instanceof BadMessage)) throw error;
          // A plain error would fail the workflow task instead of the update.
          throw ApplicationFailure.create({ type: 'Refused', nonRetryable: true, message: error.message });
        }
      },
      { validator: (payload) => void parseMessage(name, payload) },
    );
  }

  private handle(name: MessageName, payload: unknown): string {
    switch (name) {
      case 'approve':
        return this.atGate('approve').approve(parseMessage('approve', payload));
      case 'reject':
        return this.atGate('reject').reject(parseMessage('reject', payload));
      case 'extend':
        return this.atGate('extend').extend(parseMessage('extend', payload));
      case 'pause':
        return this.pause(parseMessage('pause', payload));
      case 'resume':
        return this.resume(parseMessage('resume', payload));
      case 'rollback':
        return this.rollback(parseMessage('rollback', payload));
    }
  }

  private atGate(name: string): Gate {
    if (this.gate) return this.gate;
    throw new BadMessage(`${name}: the migration is not at a gate; it says: ${this.migration.progress.status}`);
  }

  private pause({ by, reason }: Message<'pause'>): string {
    this.migration.progress.paused = { by, reason };
    return `${by} paused the migration: no further step starts. A step that runs goes on to its end.`;
  }

  private resume({ by }: Message<'resume'>): string {
    if (!this.migration.progress.paused) throw new BadMessage('resume: the migration is not paused');
    this.migration.progress.paused = undefined;
    return `${by} resumed the migration.`;
  }

  private rollback(message: Message<'rollback'>): string {
    const { phases } = this.migration.progress;
    if (phases.some((phase) => phase.state === 'rolling back'))
      throw new BadMessage(`rollback: one is under way; it says: ${this.migration.progress.status}`);
    const current = phases.findIndex((phase) => phase.state === 'running' || phase.state === 'soaking');
    if (current < 0)
      throw new BadMessage(
        'rollback: no phase has begun, so there is nothing to take back; cancel the workflow instead',
      );
    const to = message.to ?? phases[current].from;
    const back = phases.slice(0, current + 1).filter((phase) => phase.from >= to);
    if (!back.some((phase) => phase.from === to)) {
      throw new BadMessage(
        `rollback: to: ${to} is not a version that this migration came from (${phases
          .slice(0, current + 1)
          .map((phase) => phase.from)
          .join(', ')})`,
      );
    }
    // Before its outage a phase loses nothing; afterwards the earliest phase's loss holds all later ones.
    const lossy = back.filter((phase) => phase.outageMs !== undefined);
    if (lossy.length > 0 && !message.accept.includes(lossOf(lossy[0].name))) {
      throw new BadMessage(
        `rollback: it would lose everything written since ${lossy[0].to} was opened. To go on, accept the loss by its name: "${lossOf(lossy[0].name)}"`,
      );
    }
    this.migration.rollbackAsked = { ...message, to };
    return `${message.by} asked for the way back to ${to}.`;
  }
}
