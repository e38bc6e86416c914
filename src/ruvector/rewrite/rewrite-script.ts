import { MappedText } from './mapped-text';
import { mentions, type RewriteOptions } from './names';
import { rewriteStatement } from './rewrite-statement';
import { moved, NOTHING, together, type Rewritten } from './rewritten';
import { statements } from './statements';

/**
 * Rewrites the statements of a script one by one: what is wrong in one does not keep the others as they were.
 * `psql`: the script is a file for psql.
 */
export async function rewriteScript(script: string, options: RewriteOptions, psql = false): Promise<Rewritten> {
  const results: Rewritten[] = [];
  if (!mentions(script)) return NOTHING;
  for (const { from, text } of statements(script, psql)) {
    if (!mentions(text)) continue;
    const place = MappedText.build().verbatim(text, from).done();
    results.push(moved(await rewriteStatement(text, options), place));
  }
  return together(results);
}
