import { ApplicationFailure, condition, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { BadMessage } from '../../migration/messages';
import { parseVectorMessage, type VectorMessage, type VectorMessageName } from '../../migration/vector-messages';
import type { VectorRun } from './vector-run';

/** How a wait for a person ended. */
export type Approval =
  ({ kind: 'approve' } & VectorMessage<'approve'>) | ({ kind: 'reject' } & VectorMessage<'reject'>);

/** Waits for a person. Messages come as signals (UI, `temporal` CLI) or as updates, which are answered. */
export class ApprovalDesk {
  /** What is asked, and what an answer has to hold; undefined while nobody is asked. */
  private asked?: { question: string; refuses(approval: Approval): string | undefined };
  private answer?: Approval;

  constructor(private readonly run: VectorRun) {
    this.take('approve');
    this.take('reject');
  }

  /** Asks, and waits as long as it takes. @param refuses says why an answer does not do. */
  async ask(
    question: string,
    next: string,
    refuses: (approval: Approval) => string | undefined = () => undefined,
  ): Promise<Approval> {
    this.asked = { question, refuses };
    this.answer = undefined;
    this.run.say(question, next);
    await condition(() => this.answer !== undefined);
    this.asked = undefined;
    return this.answer!;
  }

  private take(name: VectorMessageName): void {
    setHandler(defineSignal<[unknown]>(name), (payload) => {
      try {
        this.handle(name, payload);
      } catch (error) {
        // A signal's sender gets no answer; the log, which progress shows, is where it stands.
        if (!(error instanceof BadMessage)) throw error;
        this.run.note(`refused: ${error.message}`);
      }
    });
    setHandler(
      defineUpdate<string, [unknown]>(name),
      (payload) => {
        try {
          return this.handle(name, payload);
        } catch (error) {
          if (!(error instanceof BadMessage)) throw error;
          throw ApplicationFailure.create({ type: 'Refused', nonRetryable: true, message: error.message });
        }
      },
      { validator: (payload) => void parseVectorMessage(name, payload) },
    );
  }

  private handle(name: VectorMessageName, payload: unknown): string {
    const approval = { kind: name, ...parseVectorMessage(name, payload) } as Approval;
    if (!this.asked || this.answer)
      throw new BadMessage(`${name}: nothing waits for it; it says: ${this.run.progress.status}`);
    const refusal = this.asked.refuses(approval);
    if (refusal) throw new BadMessage(`${name}: ${refusal}`);
    this.answer = approval;
    const said = `${name} by ${approval.by}: ${this.asked.question}`;
    this.run.note(said);
    return said;
  }
}
