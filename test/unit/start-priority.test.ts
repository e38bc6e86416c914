import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../sandbox/project-root';

const run = promisify(execFile);
const MODULE = join(projectRoot(), 'lib', 'src', 'start-priority.js');
const PROGRAM = `
  const { readdirSync, readFileSync, existsSync } = require('node:fs');
  const { getPriority } = require('node:os');
  const group = '/proc/self/autogroup';
  const look = () => ({
    threads: [...new Set(readdirSync('/proc/self/task').map((thread) => getPriority(Number(thread))))],
    session: existsSync(group) ? Number(/nice (-?\\d+)/.exec(readFileSync(group, 'utf8'))[1]) : null,
  });
  const { atUsualPriority } = require(${JSON.stringify(MODULE)});
  const starting = look();
  atUsualPriority();
  console.log(JSON.stringify({ starting, afterwards: look() }));`;

/** What a process sees of itself that starts with the module. */
async function seen(...before: string[]): Promise<unknown> {
  const [file, ...args] = [...before, process.execPath, '-e', PROGRAM];
  return JSON.parse((await run(file, args)).stdout);
}

const root = userInfo().uid === 0;
const groups = existsSync('/proc/self/autogroup');
const session = (value: number): number | null => (groups ? value : null);

(root ? test : test.skip)('a starting worker that may go back is behind all others, with all its threads', async () => {
  expect(await seen('setsid', '--wait')).toEqual({
    starting: { threads: [5], session: session(5) },
    afterwards: { threads: [0], session: session(0) },
  });
});

test('a process that may not raise its priority again does not lower its threads, in a session of its own only that', async () => {
  const helpless = root ? ['setpriv', '--bounding-set=-sys_nice', '--'] : [];
  expect(await seen('setsid', '--wait', ...helpless)).toEqual({
    starting: { threads: [0], session: session(5) },
    afterwards: { threads: [0], session: session(0) },
  });
});

test('a session that others share is left alone', async () => {
  const shared = ['setsid', '--wait', 'sh', '-c', '"$@"; exit', 'sh'];
  expect(await seen(...shared)).toMatchObject({
    starting: { session: session(0) },
    afterwards: { threads: [0], session: session(0) },
  });
});
