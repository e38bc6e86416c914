import { readFile } from 'node:fs/promises';
import { filesUnder, replaceFile } from '../../ruvector/rewrite/files';
import { rewriteFile, type FileResult } from '../../ruvector/rewrite/rewrite-file';
import { unifiedDiff } from '../../ruvector/rewrite/unified-diff';
import type { Answer, Call } from '../command';
import { CliError } from '../cli-error';
import { EXIT } from '../exit-codes';
import { rewriteAnswer } from './answer';
import { rewriteOptions, type RewriteSqlOptions } from './options';

/** Rewrites files, or says what would be rewritten. */
export async function rewriteFiles({ paths, options }: Call<RewriteSqlOptions>): Promise<Answer> {
  const results: FileResult[] = [];
  for (const path of await reading(() => filesUnder(paths))) {
    const bytes = await reading(() => readFile(path));
    const result = await rewriteFile(path, bytes, rewriteOptions(options));
    if (options.write) await write(result);
    if (result.calls.length > 0 || result.problems.length > 0) results.push(result);
  }
  const items = results.map(({ path, before, after, calls, problems }) => ({
    ...{ name: path, calls, problems, diff: unifiedDiff(path, before, after) },
  }));
  const answer = rewriteAnswer(items, options);
  const signed =
    options.to === 'operators' && items.some(({ calls }) => calls.some(({ name }) => name.endsWith('product')));
  return signed ? { ...answer, text: `${answer.text}\n${signs(options)}` } : answer;
}

/** Which sign `<#>` has can't be seen from the files, and a wrong one turns every order around. */
function signs({ innerProduct }: RewriteSqlOptions): string {
  const taken = innerProduct === 'plain' ? 'the inner product itself' : 'the negative inner product';
  return (
    `<#> was taken to return ${taken} (--inner-product ${innerProduct}). Ask the database before using it: ` +
    `select '[1,2]'::ruvector <#> '[3,4]' gives 11 where it is plain, -11 where it is negative.`
  );
}

/** A file that somebody changed in the meantime is left, and nothing of it counts as rewritten. */
async function write(result: FileResult): Promise<void> {
  const { path, before, after } = result;
  if (before === after || (await reading(() => replaceFile(path, before, after)))) return;
  Object.assign(result, { after: before, calls: [] });
  result.problems.push({
    line: 1,
    reason: 'not written: the file was changed since it was read; run the command again',
  });
}

async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    const message = (error as Error).message;
    throw new CliError(EXIT.usage, `${message}. Files that were written before it stay so; run the command again.`, {
      cause: error,
    });
  }
}
