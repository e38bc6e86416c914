import { chmod, mkdir, writeFile } from 'node:fs/promises';
import type { SandboxServer } from '../../../sandbox/postgres-server';
import { logFile } from '../../../src/postgres/preflight/checks/log-file';
import { found, preflight, startServer, type Hop } from './support';

describe('the log file that pg_ctl starts a server with', () => {
  let server: SandboxServer;
  let end: () => Promise<void>;
  beforeAll(async () => {
    ({ server, end } = await startServer({ version: 16 }));
  });
  afterAll(() => end?.());

  const look = async (path: string, service: NonNullable<Hop['entry']>['service'] = { manager: 'pg_ctl' }) => {
    const entry = { logFile: `${server.root}/${path}`, service };
    const report = await preflight(server, { from: 16, to: 17, checks: [logFile], entry });
    return found(report, 'log-file').map(({ object, severity, seen }) => [object, severity, seen]);
  };

  test('a directory that is not there stops both servers from starting', async () => {
    expect(await look('nowhere/{version}.log')).toEqual([
      [`${server.root}/nowhere/16.log`, 'blocker', expect.stringMatching(/nowhere is not there.*put back either/)],
      [
        `${server.root}/nowhere/17.log`,
        'blocker',
        expect.stringMatching(/would not start PostgreSQL 17 with this log$/),
      ],
    ]);
  });

  test("a file, or a directory, that the OS user can't write to; a directory in the file's place", async () => {
    await mkdir(`${server.root}/logs/17.log`, { recursive: true });
    await writeFile(`${server.root}/logs/16.log`, '');
    await chmod(`${server.root}/logs/16.log`, 0o444);
    await mkdir(`${server.root}/closed`);
    await chmod(`${server.root}/closed`, 0o555);
    expect(await look('logs/{version}.log')).toEqual([
      [`${server.root}/logs/16.log`, 'blocker', expect.stringContaining("can't write to it")],
      [`${server.root}/logs/17.log`, 'blocker', expect.stringContaining('it is a directory')],
    ]);
    expect(await look('closed/{version}.log')).toEqual([
      [expect.anything(), 'blocker', expect.stringContaining("can't make a file in its directory")],
      [expect.anything(), 'blocker', expect.stringContaining("can't make a file in its directory")],
    ]);
  });

  test('what can be written passes, and other service managers choose their own log', async () => {
    await mkdir(`${server.root}/open`);
    await chmod(`${server.root}/open`, 0o777);
    expect(await look('open/{version}.log')).toEqual([]);
    expect(await look('nowhere/{version}.log', { manager: 'pg_ctlcluster', name: 'main' })).toEqual([]);
  });
});
