import { execFileSync, spawnSync } from 'node:child_process';
import { asUser } from '../../../sandbox/os-user';
import { closeConnections } from '../../../src/hosts/ssh/connection';
import { stopServer } from '../../../src/postgres/service';
import { outage } from '../../../src/postgres/upgrade/outage';
import { rehearse } from '../../../src/postgres/upgrade/rehearsal';
import { rollBack } from '../../../src/postgres/upgrade/rollback';
import { PhaseLab } from '../../support/phase-lab';
import { Sshd } from '../../support/sshd';

let lab: PhaseLab;
let sshd: Sshd;
beforeAll(async () => {
  sshd = await Sshd.start();
});
afterEach(() => lab.stop());
afterAll(async () => {
  await closeConnections();
  sshd.stop();
});

describe.each([
  { way: 'local', mode: 'copy', from: 16, to: 17 },
  { way: 'local', mode: 'link', from: 16, to: 17 },
  { way: 'local', mode: 'swap', from: 17, to: 18 },
  { way: 'ssh', mode: 'link', from: 16, to: 17 },
] as const)('on a host reached by $way, in mode $mode', ({ way, mode, from, to }) => {
  test('a phase is rehearsed, upgraded, and rolled back: writes up to the stop are there, later ones are named and gone', async () => {
    lab = await PhaseLab.start(from, way === 'ssh' ? sshd : undefined);
    const { directory, record } = await lab.prepared(from, to, mode);
    const rehearsal = await rehearse(lab.cluster, directory, record, 'rehearsal', lab.run);
    expect(rehearsal.outageMs).toBeGreaterThan(100);
    await lab.write(1001); // after the backup: only the WAL that was kept holds it
    const result = await outage(lab.cluster, directory, record, 'outage', lab.run);
    expect(result.outageMs).toBeGreaterThan(100);
    expect(await lab.rows()).toBe(1001);
    await lab.write(1002);
    await expect(rollBack(lab.cluster, directory, record, false, 'refused', lab.run)).rejects.toThrow(
      `writes-since-${from}-${to}`,
    );
    expect(await lab.serving()).toEqual([to]);
    const back = await rollBack(lab.cluster, directory, record, true, 'back', lab.run);
    expect(back).toMatchObject({ version: from, short: false });
    expect(await lab.rows()).toBe(1001);
    expect(await lab.serving()).toEqual([from]);
    expect(await rollBack(lab.cluster, directory, record, true, 'again', lab.run)).toMatchObject({
      version: from,
      said: expect.stringContaining('nothing to do'),
    });
    await stopServer(lab.cluster, from);
    const attached = rollBack(lab.cluster, directory, record, true, 'back', lab.run);
    await expect(attached).rejects.toThrow(`PostgreSQL ${from} does not run after the rollback`);
  });
});

test('rollback.sh works as the document says: cd into the backup directory, ./rollback.sh; it asks by refusing, and the next attempt succeeds', async () => {
  lab = await PhaseLab.start(16);
  const first = await lab.prepared(16, 17, 'link');
  await outage(lab.cluster, first.directory, first.record, 'outage', lab.run);
  await lab.write(1001);
  const byHand = (...args: string[]) =>
    spawnSync('sh', ['-c', `cd ${first.directory} && ./rollback.sh "$@"`, 'sh', ...args], {
      encoding: 'utf8',
      input: '',
    });
  const refused = byHand();
  expect(refused).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('./rollback.sh --accept writes-since-16-17'),
  });
  expect(await lab.serving()).toEqual([17]);
  const done = byHand('--accept', 'writes-since-16-17');
  expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('PostgreSQL 16 serves again') });
  expect(await lab.rows()).toBe(1000);
  const log = execFileSync(
    asUser(lab.server.osUser, ['cat'])[0],
    [...asUser(lab.server.osUser, ['cat', `${first.directory}/upgrade.log`]).slice(1)],
    { encoding: 'utf8' },
  );
  expect(log).toContain('rollback: PostgreSQL 16 serves again');
  const second = await lab.prepared(16, 17, 'copy', '2026-01-02T00:00:00.000Z');
  await outage(lab.cluster, second.directory, second.record, 'outage-2', lab.run);
  expect(await lab.rows()).toBe(1000);
});
