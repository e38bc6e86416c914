import { join } from 'node:path';
import { tryRun } from '../../../sandbox/command';
import { asUser } from '../../../sandbox/os-user';
import type { SandboxServer } from '../../../sandbox/postgres-server';
import { temporaryRoot, type TemporaryRoot } from '../../../sandbox/temporary-root';
import { hostTree } from '../../../src/ruvector/rewrite/host-grammar';
import { HOST_LANGUAGES } from '../../../src/ruvector/rewrite/host-languages';
import { hostStrings } from '../../../src/ruvector/rewrite/host-strings';
import { applyEdits } from '../../../src/ruvector/rewrite/mapped-text';
import { looksLikeCall } from '../../../src/ruvector/rewrite/names';
import { fillPlaceholders } from '../../../src/ruvector/rewrite/placeholders';
import { corpus, type CorpusCase } from './corpus';
import { CORPUS_SCHEMA, ruvectorServer } from './fixture';

/** The corpus on a real server: original and rewritten text print the same rows under the same column names. */
let root: TemporaryRoot;
let server: SandboxServer;

beforeAll(async () => {
  root = await temporaryRoot();
  server = await ruvectorServer(root.path);
  await server.start();
  for (const [database, version] of [
    ['plain', '0.1.0'],
    ['negative', '0.1.0.negative'],
  ]) {
    await server.psql(`CREATE DATABASE ${database}`);
    await server.psql(`CREATE EXTENSION ruvector VERSION '${version}'; ${CORPUS_SCHEMA}`, database);
  }
});

afterAll(async () => {
  await server?.stop();
  await root?.remove();
});

/** What psql prints, with column names; the transaction is rolled back. */
async function printed(script: string, database: string): Promise<string> {
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

const cases = corpus();
const database = ({ options }: CorpusCase) => options.innerProduct;

test.each(cases.filter(({ name }) => name.startsWith('sql/')))('$name', async (each) => {
  expect(await printed(each.output, database(each))).toBe(await printed(each.input, database(each)));
});

test.each(cases.filter(({ values }) => values))('$name', async (each) => {
  const [before, after] = [await statementsOf(each, each.input), await statementsOf(each, each.output)];
  expect(after).toHaveLength(before.length);
  for (const [index, statement] of before.entries()) {
    expect(await printed(after[index], database(each))).toBe(await printed(statement, database(each)));
  }
});

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
