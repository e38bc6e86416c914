/** Jest's functions, or those that skip. */
interface Offered {
  test: jest.It;
  describe: jest.Describe;
}

/**
 * Jest's `test` and `describe` where a file's tests can run; elsewhere they are skipped, and the output says why.
 *
 * @param reason what they need, as a sentence.
 */
export function onlyWhere(possible: boolean, reason: string): Offered {
  if (possible) return { test, describe };
  console.warn(`LEFT OUT: ${reason}`);
  return { test: test.skip, describe: describe.skip };
}

/** As `onlyWhere`, for what this user may do only as root. */
export const onlyAsRoot = (reason: string): Offered => onlyWhere(process.getuid?.() === 0, reason);
