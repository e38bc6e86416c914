import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../../../src/cli/exit-codes';
import { replaceFile } from '../../../src/ruvector/rewrite/files';
import { pgpassage } from '../../unit/cli/captured-terminal';

/** The command on files, as a person and as CI run it. */
const CALL = 'SELECT ruvector_l2_distance(embedding, $1) AS d FROM items;\n';
const OPERATOR = 'SELECT embedding <-> $1 AS d FROM items;\n';
let directory: string;
const at = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pgp-rewrite-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function project(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(at(name), '..'), { recursive: true });
    writeFileSync(at(name), text);
  }
}

test('shows a unified diff and changes nothing without --write', async () => {
  project({ 'a.sql': CALL });
  const { exit, out } = await pgpassage(`rewrite-sql ${directory}`);
  expect(exit).toBe(EXIT.ok);
  expect(out).toContain(`--- a${at('a.sql')}\n+++ b${at('a.sql')}\n@@ -1,1 +1,1 @@\n-${CALL}+${OPERATOR}`);
  expect(out).toContain('1 call would be rewritten, 0 places could not be judged.');
  expect(readFileSync(at('a.sql'), 'utf8')).toBe(CALL);
});

test('--write changes the files and keeps their mode; a second run finds nothing', async () => {
  project({ 'a.sql': CALL, 'src/b.py': `q = "${CALL.trim()}"\n`, 'src/c.txt': CALL });
  chmodSync(at('a.sql'), 0o640);
  symlinkSync(at('a.sql'), at('link.sql'));
  const first = await pgpassage(`rewrite-sql ${directory} ${at('link.sql')} --write`);
  expect(first.out).toContain('2 calls rewritten, 0 places could not be judged.');
  expect(readFileSync(at('a.sql'), 'utf8')).toBe(OPERATOR);
  expect(readFileSync(at('src/b.py'), 'utf8')).toBe(`q = "${OPERATOR.trim()}"\n`);
  expect(readFileSync(at('src/c.txt'), 'utf8')).toBe(CALL);
  expect(statSync(at('a.sql')).mode & 0o777).toBe(0o640);
  expect(readFileSync(at('link.sql'), 'utf8')).toBe(OPERATOR);
  const second = await pgpassage(`rewrite-sql ${directory} --write`);
  expect(second.out).toBe('Nothing to rewrite.\n');
});

test('--check ends with a code for each answer', async () => {
  project({ 'clean.sql': OPERATOR, 'calls.sql': CALL, 'unjudged.sql': 'SELECT ruvector_l2_distance(embedding);\n' });
  const check = async (...names: string[]) => (await pgpassage(`rewrite-sql ${names.map(at).join(' ')} --check`)).exit;
  expect(await check('clean.sql')).toBe(EXIT.ok);
  expect(await check('calls.sql', 'clean.sql')).toBe(EXIT.wouldRewrite);
  expect(await check('calls.sql', 'unjudged.sql')).toBe(EXIT.unjudged);
  expect(readFileSync(at('calls.sql'), 'utf8')).toBe(CALL);
});

test('JSON has every place with its line', async () => {
  project({ 'a.sql': `-- one\n${CALL}SELECT * FROM ruvector_l2_distance('[1]', '[2]');\n` });
  const { out } = await pgpassage(`rewrite-sql ${at('a.sql')} --output json`);
  expect(JSON.parse(out)).toMatchObject({
    ...{ written: false, rewritten: 1, unjudged: 1 },
    items: [
      {
        name: at('a.sql'),
        calls: [{ line: 2, name: 'ruvector_l2_distance' }],
        problems: [{ line: 3, reason: 'ruvector_l2_distance stands in FROM, where an operator can not' }],
      },
    ],
  });
});

test('hidden files, dependencies and symbolic links to directories are left out', async () => {
  project({ '.git/a.sql': CALL, 'node_modules/x/a.sql': CALL, 'src/.b.sql': CALL, 'src/vendor/a.sql': CALL });
  symlinkSync(at('node_modules'), at('src/more'));
  expect((await pgpassage(`rewrite-sql ${directory} --check`)).exit).toBe(EXIT.ok);
});

test('a file that is not in UTF-8 is left and said', async () => {
  writeFileSync(at('a.sql'), Buffer.concat([Buffer.from([0x2d, 0x2d, 0xe4, 0x0a]), Buffer.from(CALL)]));
  const { out } = await pgpassage(`rewrite-sql ${at('a.sql')} --write`);
  expect(out).toContain('a.sql:1: the file is not in UTF-8');
  expect(readFileSync(at('a.sql')).subarray(0, 4)).toEqual(Buffer.from([0x2d, 0x2d, 0xe4, 0x0a]));
});

test('line ends and a byte order mark stay', async () => {
  project({ 'a.sql': `\uFEFF${CALL.replace(' FROM', '\r\nFROM').replace('\n;', ';')}` });
  await pgpassage(`rewrite-sql ${at('a.sql')} --write`);
  expect(readFileSync(at('a.sql'), 'utf8')).toBe(`\uFEFF${OPERATOR.replace(' FROM', '\r\nFROM')}`);
});

test('a file that was changed since it was read is not overwritten', async () => {
  project({ 'a.sql': 'changed' });
  expect(await replaceFile(at('a.sql'), CALL, OPERATOR)).toBe(false);
  expect(readFileSync(at('a.sql'), 'utf8')).toBe('changed');
});

test('the sign that was taken for <#> is said', async () => {
  project({ 'a.sql': 'SELECT ruvector_inner_product(a, b) AS p FROM t;\n' });
  expect((await pgpassage(`rewrite-sql ${directory}`)).out).toContain('--inner-product plain');
  const { out } = await pgpassage(`rewrite-sql ${directory} --inner-product negative`);
  expect(out).toContain('+SELECT -(a <#> b) AS p FROM t;');
});

test.each([
  ['', 'say which files'],
  ['. --write --check', '--check changes nothing'],
  ['--cluster orders', 'go together'],
  ['. --cluster orders --database app', 'a database is only reported on'],
  ['/no/such/file', 'no such file'],
])('`rewrite-sql %s` is refused: %s', async (line, message) => {
  const { exit, err } = await pgpassage(`rewrite-sql ${line}`);
  expect({ exit, err }).toEqual({ exit: EXIT.usage, err: expect.stringContaining(message) as string });
});
