import { CancellationScope } from '@temporalio/workflow';

/**
 * Does works side by side. When one fails the others are cancelled and waited for, so that what undoes them comes after them.
 * @throws what the first one that failed threw.
 */
export async function together(...works: (() => Promise<void>)[]): Promise<void> {
  const scope = new CancellationScope();
  const failed: unknown[] = [];
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failed.push(error);
      scope.cancel();
    }
  };
  await scope.run(() => Promise.all(works.map(guarded)));
  if (failed.length > 0) throw failed[0];
}
