import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../../src/cli/exit-codes';
import { messageSchemas } from '../../../src/migration/messages';
import { stepMigrationInput } from '../../../src/migration/input';
import { projectRoot } from '../../../sandbox/project-root';
import { pgpassage } from './captured-terminal';

const docs = readFileSync(join(projectRoot(), 'docs', 'cli.md'), 'utf8');

test('docs/cli.md has every exit code and no other', () => {
  const table = docs.slice(docs.indexOf('## Exit codes'), docs.indexOf('`start --watch` and'));
  const codes = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT));
});

test('docs/cli.md has every command, and every option of start', async () => {
  const { out } = await pgpassage('--help');
  const commands = [...out.matchAll(/^ {2}(\w+) \[options\]/gm)].map(([, name]) => name);
  expect(commands).toHaveLength(13);
  for (const name of commands) expect(docs).toMatch(new RegExp(`\`${name}[ \`]`));
  const start = (await pgpassage('start --help')).out;
  const options = [...start.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name]) => name);
  for (const option of options.filter((name) => !['--help'].includes(name))) expect(docs).toContain(option);
});

test('every payload in docs/cli.md is one that the workflows take', () => {
  const updates = [...docs.matchAll(/--name (\w+)[\s\\]+--input '([^']+)'/g)];
  const table = [...docs.matchAll(/^\| `(\w+)` \| `(\{.*?\})`/gm)];
  expect(updates.length + table.length).toBeGreaterThanOrEqual(12);
  for (const [, name, payload] of [...updates, ...table]) {
    messageSchemas[name as keyof typeof messageSchemas].parse(JSON.parse(payload));
  }
  for (const [, input] of docs.matchAll(/--type stepMigration[^']*'([^']+)'/g))
    stepMigrationInput.parse(JSON.parse(input));
});
