import { readFileSync } from 'node:fs';
import { StandbyLab } from '../../support/standby-lab';

jest.setTimeout(300_000);

let lab: StandbyLab;
afterAll(() => lab?.stop());

test('a primary with two standbys goes 15 → 16: both are rebuilt, stream, and rows arrive', async () => {
  lab = await StandbyLab.start({
    version: 15,
    tablespace: true,
    standbys: [
      { name: 's1', slot: true, password: true, settings: { work_mem: '7MB' } },
      { name: 's2', settings: { work_mem: '9MB', max_connections: '100' } },
    ],
  });
  const phase = await lab.prepared(15, 16, 'copy', { settings: { max_connections: '150' } });
  const settings = { max_connections: '150' };
  expect(await lab.call('prepareStandby', { phase, standby: 's2', settings })).toContainEqual(
    expect.objectContaining({ name: 'max_connections', after: '150' }),
  );
  await lab.arrives(15, 's1', 1001);
  await lab.call('outage', phase);
  await lab.call('putBackForgotten', phase);
  for (const standby of lab.names) {
    const stopped = await lab.call('stopStandby', { phase, standby });
    expect(stopped).toMatchObject({ standby, applicationName: standby, atTheStop: true });
    expect(await lab.call('stopStandby', { phase, standby })).toEqual(stopped);
  }
  for (const standby of lab.names) {
    const rebuilt = await lab.call('rebuildStandby', { phase, standby });
    expect(rebuilt.bytes).toBeGreaterThan(20_000_000);
    expect(await lab.call('rebuildStandby', { phase, standby })).toEqual(rebuilt);
  }
  expect(await lab.streaming(16)).toBe('s1 s2');
  for (const name of lab.names) await lab.arrives(16, name, name === 's1' ? 2001 : 2002);
});

test('each standby has its own configuration, none below its primary, and no password in any argument', async () => {
  expect(await lab.standbyOf('s1', 16).psql('show work_mem; show max_connections')).toBe('7MB\n150');
  expect(await lab.standbyOf('s2', 16).psql('show work_mem; show max_connections')).toBe('9MB\n150');
  const script = (name: string) =>
    readFileSync(`${lab.root.path}/work/jobs/${lab.server.osUser}/test.lab1.15-16.rebuild-${name}/script`, 'utf8');
  for (const name of lab.names) expect(script(name)).not.toContain(lab.server.adminPassword);
  expect(script('s1')).toContain('--slot=s1');
});

test('slots keep their names, and the one made for a rebuild is gone', async () => {
  expect(await lab.primaryOf(16).psql('select slot_name, active from pg_replication_slots order by 1')).toBe('s1|t');
});

test('the tablespace is in the standby’s own place', async () => {
  const sql = "select pg_tablespace_location(oid) from pg_tablespace where spcname = 'space'";
  expect(await lab.standbyOf('s1', 16).psql(sql)).toBe(`${lab.root.path}/s1/space`);
});

test('rolled back from copy: the old standbys go on from their own directories and follow the old primary', async () => {
  const phase = {
    cluster: 'test',
    migration: 'lab1',
    from: 15,
    to: 16,
    directory: `${lab.cluster.entry.backupDirectory}/upgrade_15_to_16_20260101000000`,
  };
  const back = await lab.call('rollBackPhase', { phase, acceptLoss: true, by: 'ann' });
  expect(back.said).toContain('Standby s1: on here, run ');
  for (const standby of lab.names) {
    const result = await lab.call('rollBackStandby', { phase, standby, short: back.short });
    expect(result).toMatchObject({ standby, outcome: 'follows' });
    expect(await lab.call('rollBackStandby', { phase, standby, short: back.short })).toEqual(result);
  }
  expect(await lab.streaming(15)).toBe('s1 s2');
  for (const name of lab.names) await lab.arrives(15, name, name === 's1' ? 3001 : 3002);
  expect(await lab.rows(lab.primaryOf(15))).toBe(1003);
});

test('forward again, finalized: old directories of the standbys are gone, what they serve is not', async () => {
  const phase = await lab.upgraded(15, 16, 'copy', { day: 2 });
  await Promise.all(lab.names.map((standby) => lab.call('rebuildStandby', { phase, standby })));
  expect(await lab.streaming(16)).toBe('s1 s2');
  const [finalized] = await lab.call('finalizePhases', { cluster: 'test', by: 'ann' });
  expect(finalized.freedBytes).toBeGreaterThan(60_000_000);
  for (const name of lab.names) {
    expect(await lab.standbyOf(name, 15).running()).toBe(false);
    expect(() => readFileSync(`${lab.root.path}/${name}/15/main/PG_VERSION`)).toThrow('ENOENT');
    await lab.arrives(16, name, name === 's1' ? 4001 : 4002);
  }
});
