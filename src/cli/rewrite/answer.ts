import type { Answer } from '../command';
import { EXIT, type ExitCode } from '../exit-codes';
import type { RewriteSqlOptions } from './options';

/** A file or an object of a database with what was found in it. */
export interface RewriteItem {
  name: string;
  calls: { line: number; name: string }[];
  problems: { line: number; reason: string }[];
  diff: string;
}

/** The answer in both forms, with the exit code that `--check` asks for. */
export function rewriteAnswer(items: RewriteItem[], options: Pick<RewriteSqlOptions, 'write' | 'check'>): Answer {
  const rewritten = items.flatMap(({ calls }) => calls);
  const unjudged = items.flatMap(({ problems }) => problems);
  const written = options.write === true;
  return {
    json: { written, rewritten: rewritten.length, unjudged: unjudged.length, items },
    text: [
      ...items.flatMap(({ diff }) => (diff === '' ? [] : [diff])),
      ...items.flatMap(({ name, problems }) => problems.map(({ line, reason }) => `${name}:${line}: ${reason}`)),
      summary(rewritten.length, unjudged.length, written),
    ].join('\n'),
    exit: options.check ? checked(rewritten.length, unjudged.length) : EXIT.ok,
  };
}

function summary(rewritten: number, unjudged: number, written: boolean): string {
  if (rewritten + unjudged === 0) return 'Nothing to rewrite.';
  const calls = `${rewritten} ${rewritten === 1 ? 'call' : 'calls'} ${written ? 'rewritten' : 'would be rewritten'}`;
  return `${calls}, ${unjudged} ${unjudged === 1 ? 'place' : 'places'} could not be judged.`;
}

function checked(rewritten: number, unjudged: number): ExitCode {
  if (unjudged > 0) return EXIT.unjudged;
  return rewritten > 0 ? EXIT.wouldRewrite : EXIT.ok;
}
