import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { parseSynchronousNames } from '../../../src/postgres/standby/synchronous-names';
import { synchronousReplication } from '../../../src/postgres/preflight/checks/synchronous-replication';
import { checkContext, openContext } from '../../../src/postgres/preflight/context';
import { StandbyLab } from '../../support/standby-lab';

jest.setTimeout(300_000);

let lab: StandbyLab;
beforeAll(async () => {
  lab = await StandbyLab.start({ version: 16, standbys: [{ name: 's1', slot: true }] });
  await lab.server.psql(`alter system set synchronous_standby_names = 'ANY 1 (s1)'`);
  await lab.server.psql('select pg_reload_conf()');
});
afterAll(() => lab?.stop());

const synchronous = () => lab.primaryOf(17).psql('show synchronous_standby_names');

test('the pre-flight says that it will be held off, and by whom it is put back', async () => {
  const open = openContext(checkContext(lab.cluster, { from: 16, to: 17, mode: 'copy' }));
  const found = await synchronousReplication.run(open.context);
  await open.close();
  expect(found).toEqual([
    expect.objectContaining({ severity: 'warning', seen: expect.stringContaining('"ANY 1 (s1)"') }),
  ]);
});

test('commits on the new server do not wait, and it is not put back before a standby streams', async () => {
  const phase = await lab.prepared(16, 17, 'copy');
  const again = await lab.call('prepareTarget', { phase, settings: {} });
  expect(again).toContainEqual(
    expect.objectContaining({ name: 'synchronous_standby_names', kind: 'held off', before: 'ANY 1 (s1)', after: '' }),
  );
  await lab.arrives(16, 's1', 1001);
  await lab.call('outage', phase);
  await lab.primaryOf(17).psql('insert into kept values (1002)');
  await lab.call('putBackForgotten', phase);
  expect(await synchronous()).toBe('');
  await expect(lab.call('putBackSynchronous', phase)).rejects.toThrow(
    'it wants 1, and of those that it names 0 stream',
  );
  await lab.call('stopStandby', { phase, standby: 's1' });
});

test('pg_basebackup killed in the middle: the job is begun anew, and the standby streams', async () => {
  const phase = {
    cluster: 'test',
    migration: 'lab1',
    from: 16,
    to: 17,
    directory: `${lab.cluster.entry.backupDirectory}/upgrade_16_to_17_20260101000000`,
  };
  const job = `${lab.root.path}/work/jobs/${lab.server.osUser}/test.lab1.16-17.rebuild-s1`;
  const rebuilding = lab.call('rebuildStandby', { phase, standby: 's1' });
  while (!existsSync(`${lab.root.path}/s1/17/main.building/base`))
    await new Promise((resolve) => setTimeout(resolve, 2));
  const [killed] = readFileSync(`${job}/pid`, 'utf8').split(' ');
  expect(spawnSync('pkill', ['-KILL', '-s', killed]).status).toBe(0);
  expect((await rebuilding).bytes).toBeGreaterThan(20_000_000);
  expect(readFileSync(`${job}/pid`, 'utf8').split(' ')[0]).not.toBe(killed);
  expect(await lab.streaming(17)).toBe('s1');
  expect(await lab.rows(lab.standbyOf('s1', 17))).toBe(1002);
});

test('then it is put back, commits are synchronous again, and doing it again changes nothing', async () => {
  const phase = {
    cluster: 'test',
    migration: 'lab1',
    from: 16,
    to: 17,
    directory: `${lab.cluster.entry.backupDirectory}/upgrade_16_to_17_20260101000000`,
  };
  expect(await lab.call('putBackSynchronous', phase)).toBe('ANY 1 (s1)');
  expect(await lab.call('putBackSynchronous', phase)).toBe('ANY 1 (s1)');
  expect(await synchronous()).toBe('ANY 1 (s1)');
  await lab.arrives(17, 's1', 1003);
  expect(await lab.primaryOf(17).psql(`select sync_state from pg_stat_replication`)).toBe('quorum');
});

test.each([
  ['', undefined, []],
  ['s1', 1, ['s1']],
  ['s1, "S 2"', 1, ['s1', 's 2']],
  ['2 (s1, s2, s3)', 2, ['s1', 's2', 's3']],
  ['ANY 1 (*)', 1, ['whatever']],
  ['first 2(s1,"any")', 2, ['s1', 'any']],
])('synchronous_standby_names %j waits for %s', (setting, count, names) => {
  const parsed = parseSynchronousNames(setting);
  expect(parsed?.count).toBe(count);
  for (const name of names) expect(parsed?.includes(name)).toBe(true);
  expect(parsed?.includes('nobody') ?? false).toBe(setting.includes('*'));
});
