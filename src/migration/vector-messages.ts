import { z } from 'zod';
import { BadMessage, issuesOf } from './messages';

const by = z.string().min(1, 'say who you are');

/** Payloads of the messages that a vector index's rebuild takes, as signals and as updates. */
export const vectorMessages = {
  /** At the choice of a setting: build with these. At the end: drop the old index. */
  approve: z.strictObject({
    by,
    note: z.string().optional(),
    m: z.int().min(2).max(100).optional(),
    ef_construction: z.int().min(4).max(1000).optional(),
  }),
  /** Put the old index back and drop the new one; or, at the choice, build nothing. */
  reject: z.strictObject({ by, reason: z.string().min(1, 'say why') }),
} as const;

export type VectorMessageName = keyof typeof vectorMessages;
export type VectorMessage<N extends VectorMessageName> = z.infer<(typeof vectorMessages)[N]>;

/** Checks a message's payload. @throws BadMessage */
export function parseVectorMessage<N extends VectorMessageName>(name: N, payload: unknown): VectorMessage<N> {
  const parsed = vectorMessages[name].safeParse(payload ?? {});
  if (parsed.success) return parsed.data as VectorMessage<N>;
  throw new BadMessage(`${name}: ${issuesOf(parsed.error)}`);
}
