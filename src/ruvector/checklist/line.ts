import type { Sql } from '../../postgres/connection';
import type { Live } from '../live';

/** What a line of the checklist found. */
export interface Judged {
  /** `judge`: measured, but only a person can say whether it will do. */
  verdict: 'passed' | 'failed' | 'judge';
  /** What was seen, in sentences. */
  evidence: string;
}

/** What lines look at. */
export interface LineContext {
  sql: Sql;
  live: Live;
  /** Names of functions that the old version has and the new one has not. */
  goneFunctions: string[];
}

/** One line of the runbook's checklist "RuVector 0.1 → 2.0" as a check. */
export interface Line {
  /** Stable: sign-offs name it. */
  name: string;
  /** The line's text. */
  title: string;
  judge(context: LineContext): Promise<Judged>;
}
