import type { Body } from './bodies';
import { looksLikeCall, type RewriteOptions } from './names';
import { rewritePlPgSql } from './plpgsql';
import { rewriteScript } from './rewrite-script';
import { NOTHING, unjudged, type Rewritten } from './rewritten';

/** Rewrites a function's body; the edits count in the body's own text. `statement` is what the body stands in. */
export async function rewriteBody(
  statement: string,
  { language, content }: Body,
  options: RewriteOptions,
): Promise<Rewritten> {
  if (language === 'sql') return rewriteScript(content.text, options);
  if (language === 'plpgsql') return rewritePlPgSql(statement, content.text, options);
  if (!looksLikeCall(content.text)) return NOTHING;
  return unjudged(0, `the body is written in ${language}, which is not read`);
}
