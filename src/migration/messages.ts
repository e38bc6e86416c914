import { z } from 'zod';
import { duration } from './duration';

const by = z.string().min(1, 'say who you are');

/** Payloads of the messages that a running migration takes, as signals (UI, `temporal` CLI) and as updates (callers who want an answer). */
export const messageSchemas = {
  approve: z.strictObject({
    /** The phase at the gate: `15-16`. */
    phase: z.string(),
    by,
    note: z.string().optional(),
    /** The evidence that was looked at, as `progress` shows it; refused when there is newer by now. */
    evidence: z.string().optional(),
    /** Names of alarms that were judged and are accepted. */
    acceptAlarms: z.array(z.string()).default([]),
    /** Cut the soak short. */
    early: z.boolean().default(false),
  }),
  reject: z.strictObject({ phase: z.string(), by, reason: z.string().min(1, 'say why') }),
  pause: z.strictObject({ by, reason: z.string().optional() }),
  resume: z.strictObject({ by }),
  rollback: z.strictObject({
    by,
    /** Version to go back to; the one before the current phase when absent. */
    to: z.int().optional(),
    /** Losses that are accepted, as the ledger names them. */
    accept: z.array(z.string()).default([]),
    reason: z.string().optional(),
  }),
  extend: z.strictObject({ by, duration }),
} as const;

export type MessageName = keyof typeof messageSchemas;
export type Message<N extends MessageName> = z.infer<(typeof messageSchemas)[N]>;

/** A message that does not fit; the text says which field and why. */
export class BadMessage extends Error {
  override name = 'BadMessage';
}

/** Checks a message's payload. @throws BadMessage */
export function parseMessage<N extends MessageName>(name: N, payload: unknown): Message<N> {
  const parsed = messageSchemas[name].safeParse(payload ?? {});
  if (parsed.success) return parsed.data as Message<N>;
  throw new BadMessage(`${name}: ${issuesOf(parsed.error)}`);
}

/** A zod error as one sentence: `field: what is expected; …`. */
export function issuesOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.') || '(the whole)'}: ${issue.message}`).join('; ');
}
