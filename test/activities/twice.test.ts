import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createActivities, type Activities } from '../../src/activities';
import { closeConnections } from '../../src/hosts/ssh/connection';
import type { PhaseRef } from '../../src/migration/phase';
import { PhaseLab } from '../support/phase-lab';
import { Sshd } from '../support/sshd';

let lab: PhaseLab;
let activities: Activities;

const directory = () => `${lab.cluster.entry.backupDirectory}/upgrade_16_to_17_20260101000000`;
const phase = (): PhaseRef => ({ cluster: 'test', migration: 'twice', from: 16, to: 17, directory: directory() });

/** Runs an activity twice, as a worker that died before it could tell the result would make it; the second answer counts. */
async function twice<K extends keyof Activities>(
  name: K,
  input: Parameters<Activities[K]>[0],
): Promise<Awaited<ReturnType<Activities[K]>>> {
  const run = activities[name] as (input: Parameters<Activities[K]>[0]) => Promise<Awaited<ReturnType<Activities[K]>>>;
  const first = await new MockActivityEnvironment().run(run, input);
  const second = await new MockActivityEnvironment().run(run, input);
  expect(typeof second).toBe(typeof first);
  return second as Awaited<ReturnType<Activities[K]>>;
}

describe.each(['local', 'ssh'])('on a host reached by %s', (way) => {
  let sshd: Sshd | undefined;
  beforeAll(async () => {
    sshd = way === 'ssh' ? await Sshd.start() : undefined;
    lab = await PhaseLab.start(16, sshd);
    activities = createActivities({ get: () => lab.cluster });
  });
  afterAll(async () => {
    await lab.stop();
    await closeConnections();
    sshd?.stop();
  });

  // One phase in its order. Each test stands on the ones before it, as the steps do.
  test('looking: describeCluster, chooseMode, windowOpensAt, sampleSoak, heldPhases', async () => {
    expect(await twice('describeCluster', { cluster: 'test' })).toMatchObject({ version: 16 });
    expect(await twice('chooseMode', { cluster: 'test', from: 16, to: 17, mode: 'copy' })).toMatchObject({
      mode: 'copy',
    });
    expect(await twice('windowOpensAt', { cluster: 'test' })).toBeUndefined();
    expect((await twice('sampleSoak', { cluster: 'test', version: 16 })).problems).toEqual([]);
    expect(await twice('heldPhases', { cluster: 'test' })).toEqual([]);
  });

  test('installPackages, describePackages, checkClients, describeDrain', async () => {
    const hop = { cluster: 'test', from: 16, to: 17 };
    expect(await twice('describePackages', hop)).toBe('none: they are installed by other means');
    expect((await twice('previewConfiguration', { ...hop, settings: {} })).notTried).toBeUndefined();
    expect(await twice('installPackages', { ...hop, migration: 'twice' })).toBe('installed by other means');
    const drain = { deadline: '5s', then: 'terminate', readOnly: true } as const;
    expect(await twice('describeDrain', { cluster: 'test', drain })).toContain(
      '5 s to end, then their sessions are ended',
    );
    expect(await twice('checkClients', { ...hop, accept: [] })).toContain('not held back');
  });

  test('preflight', async () => {
    expect(
      (await twice('preflight', { cluster: 'test', from: 16, to: 17, mode: 'copy', accept: [] })).blockers,
    ).toEqual([]);
  });

  test('openPhase keeps the first record', async () => {
    const input = {
      cluster: 'test',
      name: 'upgrade_16_to_17_20260101000000',
      from: 16,
      to: 17,
      mode: 'copy',
      migration: 'twice',
      startedAt: '2026-01-01T00:00:00.000Z',
    } as const;
    expect(await twice('openPhase', input)).toEqual({ directory: directory() });
  });

  test('takeEvidence, takeBackup, prepareTarget, rehearse', async () => {
    expect(
      (await twice('takeEvidence', { phase: phase(), when: 'before', checksums: true })).rows,
    ).toBeGreaterThanOrEqual(1000);
    await twice('takeBackup', phase());
    await twice('prepareTarget', { phase: phase(), settings: { work_mem: '8MB' } });
    expect((await twice('rehearse', phase())).outageMs).toBeGreaterThan(0);
  });

  test('discardTarget and releaseWal undo once and for all, and what they undid can be done again', async () => {
    await twice('discardTarget', phase());
    await twice('releaseWal', phase());
    await twice('takeBackup', phase());
    await twice('prepareTarget', { phase: phase(), settings: { work_mem: '8MB' } });
  });

  test('outage: the second run attaches to the first one’s job and answers the same', async () => {
    const drain = { deadline: '5s', then: 'terminate', readOnly: true } as const;
    const run = (): ReturnType<Activities['outage']> =>
      new MockActivityEnvironment().run(activities.outage, { ...phase(), drain });
    const first = await run();
    expect(first.heldMs).toBeGreaterThan(first.outageMs);
    expect(await run()).toEqual(first);
    expect(await twice('letClientsIn', phase())).toEqual([]);
    expect(await lab.serving()).toEqual([17]);
    expect(await lab.server.psql('show work_mem')).toBe('8MB');
  });

  test('putBackForgotten, refreshStatistics, updateExtensions, handOverService, compareEvidence', async () => {
    await twice('putBackForgotten', phase());
    expect((await twice('refreshStatistics', phase())).databases).toBe(1);
    expect(await twice('updateExtensions', phase())).toEqual({ updated: [], left: [] });
    await twice('handOverService', phase());
    await twice('takeEvidence', { phase: phase(), when: 'after', checksums: true });
    expect((await twice('compareEvidence', phase())).failed).toEqual([]);
    expect(await twice('heldPhases', { cluster: 'test' })).toHaveLength(1);
  });

  test('rollBackPhase', async () => {
    expect(await twice('rollBackPhase', { phase: phase(), acceptLoss: true, by: 'ann' })).toMatchObject({
      version: 16,
    });
    expect(await lab.serving()).toEqual([16]);
  });

  test('finalizePhases after another upgrade', async () => {
    const again = { ...phase(), migration: 'again', directory: directory().replace('20260101', '20260102') };
    const beginning = {
      from: 16,
      to: 17,
      mode: 'copy',
      migration: 'again',
      startedAt: '2026-01-02T00:00:00.000Z',
    } as const;
    await twice('openPhase', { cluster: 'test', name: 'upgrade_16_to_17_20260102000000', ...beginning });
    await twice('takeBackup', again);
    await twice('prepareTarget', { phase: again, settings: {} });
    await twice('outage', again);
    const run = () => new MockActivityEnvironment().run(activities.finalizePhases, { cluster: 'test', by: 'ann' });
    expect(await run()).toEqual([{ phase: '16-17', freedBytes: expect.any(Number) }]);
    expect(await run()).toEqual([]);
    expect(await lab.serving()).toEqual([17]);
    expect(await lab.rows()).toBe(1000);
  });
});

test('every activity was run twice, here or in the tests of its room', () => {
  const rooms = ['../postgres/standby', '../ruvector', '../ruvector/rewrite'].map((room) => join(__dirname, room));
  const files = rooms.flatMap((room) =>
    readdirSync(room)
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => join(room, name)),
  );
  const source = [__filename, ...files].map((file) => readFileSync(file, 'utf8')).join('');
  const missing = Object.keys(activities).filter(
    (name) => ![`'${name}'`, `activities.${name}`, `run(${name},`].some((use) => source.includes(use)),
  );
  expect(missing).toEqual([]);
});
