import { ApplicationFailure, CancellationScope, log } from '@temporalio/workflow';
import { FAILURE } from '../../migration/failures';
import { reason } from './failures';

interface Compensation {
  name: string;
  undo: () => Promise<unknown>;
}

/**
 * Compensations of a phase. One is registered before its step acts, because a step whose answer got lost may have acted;
 * each looks at the world, so that undoing what never happened does nothing.
 */
export class Saga {
  private compensations: Compensation[] = [];

  register(name: string, undo: () => Promise<unknown>): void {
    this.compensations.push({ name, undo });
  }

  /** From here on nothing is undone automatically: the new server serves, and going back is a person's decision. */
  commit(): void {
    this.compensations = [];
  }

  /**
   * Runs the compensations, last one first, even when the workflow is being cancelled.
   * @throws ApplicationFailure RollbackIncomplete when one did not succeed; the others were run all the same.
   */
  async compensate(undone: (name: string) => void): Promise<void> {
    const failed: string[] = [];
    await CancellationScope.nonCancellable(async () => {
      for (const { name, undo } of this.compensations.splice(0).reverse()) {
        try {
          await undo();
          undone(name);
        } catch (error) {
          log.error('compensation failed', { name, reason: reason(error) });
          failed.push(`${name}: ${reason(error)}`);
        }
      }
    });
    if (failed.length > 0) {
      throw ApplicationFailure.create({
        type: FAILURE.rollbackIncomplete,
        nonRetryable: true,
        message: `Not everything could be undone. ${failed.join('; ')}`,
      });
    }
  }
}
