/** Exit codes of every command. docs/cli.md has the same table for people; a test keeps the two alike. */
export const EXIT = {
  /** Done, or shown. */
  ok: 0,
  /** Something that nobody foresaw. */
  unexpected: 1,
  /** The command or the workflow's input is wrong (`InvalidInput`). Nothing was touched. */
  usage: 2,
  /** The pre-flight or the rehearsal found what stands in the way. The cluster was not touched. */
  blocked: 3,
  /** The migration refused the message: a loss not accepted, a wrong phase, an alarm that stands. Nothing changed. */
  refused: 4,
  /** The cluster has no such migration, or has one already. */
  noSuchMigration: 5,
  /** The old version serves again. */
  rolledBack: 6,
  /** Temporal can't be reached, or no worker answers. */
  unreachable: 7,
  /** The migration ended before its target: rejected, expired, cancelled or terminated. */
  stopped: 8,
  /** A step or a rollback failed: a person has to look at the host. */
  failed: 9,
  /** `rewrite-sql --check`: calls would be rewritten. */
  wouldRewrite: 10,
  /** `rewrite-sql --check`: something could not be judged, whatever else would be rewritten. */
  unjudged: 11,
  /** Ctrl-C. What Temporal has begun goes on. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
