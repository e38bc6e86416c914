import { MockActivityEnvironment } from '@temporalio/testing';
import { readdir } from 'node:fs/promises';
import { createActivities, type Activities } from '../../src/activities';
import { PhaseLab } from '../support/phase-lab';

let lab: PhaseLab;
let activities: Activities;
const hop = { cluster: 'test', from: 16, to: 17, mode: 'copy', accept: [] } as const;

/** One attempt of the activity, as Temporal makes it. */
const preflight = (activityId: string, attempt = 1): ReturnType<Activities['preflight']> =>
  new MockActivityEnvironment({ activityId, attempt }).run(activities.preflight, { ...hop, accept: [] });

beforeAll(async () => {
  lab = await PhaseLab.start(16);
  activities = createActivities({ get: () => lab.cluster });
});
afterAll(() => lab.stop());

test('two at once, such as two workers run, do not end each other’s scratch server', async () => {
  const [one, other] = await Promise.all([preflight('1'), preflight('2')]);
  expect(one.blockers).toEqual([]);
  expect(other).toEqual(one);
  expect(await readdir(`${lab.root.path}/work/test`)).toEqual([]);
});

test('a plan’s preview tells of a version that is not installed yet, and leaves nothing behind', async () => {
  const preview = (to: number): ReturnType<Activities['previewConfiguration']> =>
    new MockActivityEnvironment().run(activities.previewConfiguration, {
      ...{ cluster: 'test', from: 16, to, settings: { work_mem: '8MB' } },
    });
  expect(await preview(19)).toMatchObject({ changes: [], notTried: expect.stringContaining('not installed yet') });
  const tried = await preview(18);
  expect(tried.notTried).toBeUndefined();
  expect(tried.changes).toContainEqual(expect.objectContaining({ name: 'work_mem', kind: 'added', after: '8MB' }));
  expect(await readdir(`${lab.root.path}/work/test`)).toEqual([]);
});

test('what can’t look, because the server is away for a moment, looks again before it blocks', async () => {
  await lab.server.stop('immediate');
  await expect(preflight('3')).rejects.toThrow(
    /^test: \d+ checks could not look, [\w-]+ among them: .*They try again\.$/s,
  );
  const { blockers } = await preflight('3', 3);
  expect(blockers.length).toBeGreaterThan(10);
  await lab.server.start();
  expect((await preflight('3', 3)).blockers).toEqual([]);
});
