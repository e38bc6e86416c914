import { join } from 'node:path';
import { tryRun } from '../../../sandbox/command';
import { asUser } from '../../../sandbox/os-user';
import type { MajorVersion } from '../../../sandbox/parts';
import type { SandboxServer } from '../../../sandbox/postgres-server';
import type { Flavour } from '../../../sandbox/ruvector';
import { hostTree } from '../../../src/ruvector/rewrite/host-grammar';
import { HOST_LANGUAGES } from '../../../src/ruvector/rewrite/host-languages';
import { hostStrings } from '../../../src/ruvector/rewrite/host-strings';
import { applyEdits } from '../../../src/ruvector/rewrite/mapped-text';
import { looksLikeCall } from '../../../src/ruvector/rewrite/names';
import { fillPlaceholders } from '../../../src/ruvector/rewrite/placeholders';
import { corpus, type CorpusCase } from './corpus';
import { CORPUS_SCHEMA, PUBLISHED_SIGN, RUNBOOK_NAMES, corpusServer, type CorpusServer } from './corpus-server';

/**
 * The corpus on real servers: original and rewritten text print the same rows under the same column names. On the published
 * extension the rewritten text does so before the upgrade and after it.
 */
interface Stand {
  flavour: Flavour;
  postgres: MajorVersion;
  /** What makes each database. */
  databases: Record<string, string>;
  /** Where a case's original text runs, and where its rewritten text has to say the same; none where the case does not apply. */
  places(each: CorpusCase): { before: string; after: string[] } | undefined;
}

const STANDS: Stand[] = [
  {
    flavour: 'fixture',
    postgres: 18,
    databases: {
      plain: `CREATE EXTENSION ruvector VERSION '0.1.0'; ${PUBLISHED_SIGN} ${RUNBOOK_NAMES} ${CORPUS_SCHEMA}`,
      negative: `CREATE EXTENSION ruvector VERSION '0.1.0'; ${CORPUS_SCHEMA}`,
    },
    places: ({ options: { innerProduct } }) => ({ before: innerProduct, after: [innerProduct] }),
  },
  {
    flavour: 'published',
    postgres: 17,
    databases: {
      old: `CREATE EXTENSION ruvector VERSION '0.1.0'; ${CORPUS_SCHEMA}`,
      new: `CREATE EXTENSION ruvector VERSION '2.0.0'; ${CORPUS_SCHEMA}`,
    },
    // It has no cosine_distance(), and its <#> is the inner product itself.
    places: ({ options }) =>
      options.to === 'functions' || options.innerProduct === 'negative'
        ? undefined
        : { before: 'old', after: ['old', 'new'] },
  },
];

describe.each(STANDS)('$flavour on PostgreSQL $postgres', ({ flavour, postgres, databases, places }) => {
  let running: CorpusServer | undefined;
  beforeAll(async () => {
    const started = await corpusServer(flavour, postgres);
    if ('leftOut' in started) return console.warn(`LEFT OUT: ${started.leftOut}`);
    running = started;
    for (const [database, sql] of Object.entries(databases)) {
      await started.server.psql(`CREATE DATABASE ${database}`);
      await started.server.psql(sql, database);
    }
  });
  afterAll(() => running?.stop());

  const cases = corpus().flatMap((each) => {
    const where = places(each);
    return where ? [{ ...each, where }] : [];
  });

  test.each(cases.filter(({ name }) => name.startsWith('sql/')))('$name', async ({ input, output, where }) => {
    if (!running) return;
    const expected = await printed(running.server, input, where.before);
    for (const after of where.after) expect(await printed(running.server, output, after)).toBe(expected);
  });

  test.each(cases.filter(({ values }) => values))('$name', async ({ where, ...each }) => {
    if (!running) return;
    const [before, after] = [await statementsOf(each, each.input), await statementsOf(each, each.output)];
    expect(after).toHaveLength(before.length);
    for (const [index, statement] of before.entries()) {
      const expected = await printed(running.server, statement, where.before);
      for (const place of where.after) expect(await printed(running.server, after[index], place)).toBe(expected);
    }
  });
});

/** What psql prints, with column names; the transaction is rolled back. */
async function printed(server: SandboxServer, script: string, database: string): Promise<string> {
  const where = [
    `--host=${server.socketDirectory}`,
    `--port=${server.port}`,
    '--username=postgres',
    `--dbname=${database}`,
  ];
  const psql = [
    join(server.binDirectory, 'psql'),
    '--no-psqlrc',
    '--quiet',
    '--no-align',
    '--set=ON_ERROR_STOP=1',
    '--file=-',
  ];
  const { code, stdout, stderr } = await tryRun(asUser(server.osUser, [...psql, ...where]), {
    input: `BEGIN;\n${script}\n;ROLLBACK;\n`,
  });
  expect({ code, stderr: stderr.replace(/.*NOTICE:.*\n?/g, '') }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** The statements in a program's strings, with values in place of what is put in at run time. */
async function statementsOf({ name, values, input }: CorpusCase, source: string): Promise<string[]> {
  const language = HOST_LANGUAGES[/\.\w+$/.exec(name)![0]];
  const tree = await hostTree(language, source);
  const original = await hostTree(language, input);
  const left = [...values!];
  const texts = hostStrings(tree.rootNode, source, language).map(({ text }) => text);
  const wanted = hostStrings(original.rootNode, input, language).map(({ text }) => looksLikeCall(text));
  return texts
    .filter((_, index) => wanted[index])
    .filter((text) => /^\s*SELECT/i.test(text))
    .map((text) => applyEdits(text, fillPlaceholders(text)).replace(/pgpassage_\w+?_\d+/g, () => left.shift() ?? '?'))
    .map((text) =>
      text
        .replace(/\$1\b/g, "'[1,2,3]'")
        .replace(/@query/g, "'[1,2,3]'")
        .replaceAll('%%', '%'),
    );
}
