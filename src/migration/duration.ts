import { z } from 'zod';
import { msToNumber } from '@temporalio/common/lib/time';

/** A length of time as people type it: `24h`, `90m`, `2s`; or milliseconds. */
export const duration = z.union([
  z.number().nonnegative(),
  z.string().refine(isDuration, 'a length of time such as 24h, 90m or 2s is needed'),
]);

function isDuration(text: string): boolean {
  try {
    return msToNumber(text as never) >= 0;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** Milliseconds of a `duration` that has been checked. */
export function milliseconds(value: z.infer<typeof duration>): number {
  return typeof value === 'number' ? value : msToNumber(value as never);
}
