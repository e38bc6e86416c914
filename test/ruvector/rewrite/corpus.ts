import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_OPTIONS, type RewriteOptions } from '../../../src/ruvector/rewrite/names';

const DIRECTORY = join(__dirname, 'corpus');

/**
 * One case: `NAME.in` and `NAME.out`, with `NAME.problems` (what is reported, a line each), `NAME.options.json`, and
 * `NAME.values.json` (what the placeholders of a program's statements stand for, in their order) where there is something.
 */
export interface CorpusCase {
  /** Name of the file as it would be in a project, such as `python/runbook.py`. */
  name: string;
  input: string;
  output: string;
  problems: string;
  options: RewriteOptions;
  values?: string[];
}

export function corpus(): CorpusCase[] {
  return readdirSync(DIRECTORY).flatMap((group) =>
    readdirSync(join(DIRECTORY, group))
      .filter((file) => file.endsWith('.in'))
      .map((file) => corpusCase(join(group, file.slice(0, -'.in'.length)))),
  );
}

function corpusCase(name: string): CorpusCase {
  const file = (suffix: string) => join(DIRECTORY, `${name}.${suffix}`);
  const read = (suffix: string) => (existsSync(file(suffix)) ? readFileSync(file(suffix), 'utf8') : undefined);
  return {
    name,
    input: readFileSync(file('in'), 'utf8'),
    output: readFileSync(file('out'), 'utf8'),
    problems: read('problems') ?? '',
    options: { ...DEFAULT_OPTIONS, ...(JSON.parse(read('options.json') ?? '{}') as Partial<RewriteOptions>) },
    values: JSON.parse(read('values.json') ?? 'null') as string[] | undefined,
  };
}
