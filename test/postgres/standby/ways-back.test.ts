import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { StandbyLab } from '../../support/standby-lab';

/** Mode link: the old primary's directory is gone once the new server has served. */
jest.setTimeout(300_000);

let lab: StandbyLab;
beforeAll(async () => {
  lab = await StandbyLab.start({ version: 15, standbys: [{ name: 's1', slot: true }, { name: 's2' }] });
});
afterAll(() => lab?.stop());

const phase = (day: number) => ({
  ...{ cluster: 'test', migration: `lab${day}`, from: 15, to: 16 },
  directory: `${lab.cluster.entry.backupDirectory}/upgrade_15_to_16_2026010${day}000000`,
});

test('an outage that fails and puts the old server back: the standbys were never stopped and go on', async () => {
  // pg_upgrade --check passes over a role's setting that the target does not have, and the real run ends at it.
  await lab.primaryOf(15).psql("create role trap; alter role trap set force_parallel_mode = 'on'");
  const first = await lab.prepared(15, 16, 'link', { day: 1 });
  await expect(lab.call('outage', first)).rejects.toThrow('PostgreSQL 15 serves again, nothing lost');
  for (const standby of lab.names) {
    expect(await lab.call('rollBackStandby', { phase: first, standby, short: false })).toMatchObject({
      outcome: 'follows',
    });
    await lab.call('discardStandby', { phase: first, standby });
    await lab.call('discardStandby', { phase: first, standby });
    expect(existsSync(`${lab.root.path}/${standby}/16/main`)).toBe(false);
    await lab.arrives(15, standby, standby === 's1' ? 1101 : 1102);
  }
  await lab.primaryOf(15).psql('drop role trap');
  await lab.call('discardTarget', first);
  await lab.call('releaseWal', first);
});

test('restored in full after link: the slot is there again, and the standbys follow from their own directories', async () => {
  const second = await lab.upgraded(15, 16, 'link', { day: 2 });
  await lab.call('rebuildStandby', { phase: second, standby: 's1' });
  await lab.primaryOf(16).psql('insert into kept values (5000)');
  const back = await lab.call('rollBackPhase', { phase: second, acceptLoss: true, by: 'ann' });
  expect(back).toMatchObject({ version: 15, short: false });
  expect(back.servesOn).toBeUndefined();
  for (const standby of lab.names) {
    // s2 was stopped and not yet rebuilt when the phase was taken back.
    expect(await lab.call('rollBackStandby', { phase: second, standby, short: false })).toMatchObject({
      outcome: 'follows',
    });
    await lab.arrives(15, standby, standby === 's1' ? 1201 : 1202);
    expect(await lab.rows(lab.standbyOf(standby, 15))).toBe(standby === 's1' ? 1003 : 1004);
  }
  expect(await lab.primaryOf(15).psql('select slot_name, active from pg_replication_slots')).toBe('s1|t');
});

test('the old primary came back short of its stop: a standby is rebuilt, and what it held is kept', async () => {
  const input = { phase: phase(2), standby: 's1', short: true };
  const back = await lab.call('rollBackStandby', input);
  expect(back).toMatchObject({ outcome: 'rebuilt', why: expect.stringContaining('ahead of it') });
  expect(await lab.call('rollBackStandby', input)).toMatchObject({ outcome: 'rebuilt' });
  await lab.arrives(15, 's1', 1301);
  expect(existsSync(`${lab.root.path}/s1/15/main.set-aside/PG_VERSION`)).toBe(true);
  expect(await lab.standbyOf('s1', 15).psql('show port')).toBe(String(lab.standbys[0].port));
});

test('a standby that is retained stops at exactly the stop of the primary and becomes the way back, at its own address', async () => {
  const third = await lab.prepared(15, 16, 'link', { day: 3, retain: 's2' });
  await lab.arrives(15, 's2', 1401);
  await lab.call('outage', third);
  await lab.call('putBackForgotten', third);
  for (const standby of lab.names) {
    expect(await lab.call('stopStandby', { phase: third, standby })).toMatchObject({ atTheStop: true });
  }
  await lab.call('rebuildStandby', { phase: third, standby: 's1' });
  await lab.primaryOf(16).psql('insert into kept values (6000)');
  await expect(lab.call('rollBackPhase', { phase: third, acceptLoss: false, by: 'ann' })).rejects.toThrow('Refused');
  expect(await lab.primaryOf(16).running()).toBe(true);
  const begun = Date.now();
  const back = await lab.call('rollBackPhase', { phase: third, acceptLoss: true, by: 'ann' });
  process.stdout.write(`back on the retained standby in ${Date.now() - begun} ms\n`);
  expect(back).toMatchObject({ version: 15, servesOn: { standby: 's2', host: 'here', port: lab.standbys[1].port } });
  expect(back.said).toContain('in the inventory name here as the primary');
  expect(await lab.call('rollBackPhase', { phase: third, acceptLoss: true, by: 'ann' })).toEqual(back);
  const promoted = lab.standbyOf('s2', 15);
  expect(await promoted.psql('select pg_is_in_recovery()')).toBe('f');
  expect(await promoted.psql('select count(*) from kept where n in (1401, 6000)')).toBe('1');
  await promoted.psql('insert into kept values (7000)');
  expect(await lab.primaryOf(16).running()).toBe(false);
});

test('afterwards rollback.sh refuses to start the old version at the primary as well', async () => {
  const script = `${phase(3).directory}/rollback.sh`;
  const byHand = spawnSync('sh', [script, '--accept', 'writes-since-15-16'], { encoding: 'utf8', input: '' });
  expect(byHand).toMatchObject({ status: 3, stderr: expect.stringContaining('must not be started here as well') });
  expect(await lab.call('heldPhases', { cluster: 'test' })).toEqual([]);
  expect(readFileSync(`${phase(3).directory}/upgrade.log`, 'utf8')).toContain(
    'a standby of PostgreSQL 15 takes its place',
  );
});
