import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { jobRunner } from '../../src/activities/step';
import { inspectJob, runJob } from '../../src/hosts/durable-job';
import { LocalHost } from '../../src/hosts/local-host';
import type { Cluster } from '../../src/postgres/cluster';

const root = mkdtempSync('/tmp/pgp-job-');
chmodSync(root, 0o755);
const host = new LocalHost('here', root);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Follows a job of two seconds in an activity that is cancelled for the given reason as soon as it runs. */
async function cancelledFor(
  id: string,
  details: { cancelRequested?: boolean; workerShutdown?: boolean },
): Promise<unknown> {
  const environment = new MockActivityEnvironment();
  environment.once('heartbeat', () => environment.cancel('CANCELLED', new ActivityCancellationDetails(details)));
  const follow = () => jobRunner({ host } as Cluster)({ id, script: 'sleep 2; echo done' });
  return environment.run(follow).catch((error: unknown) => error);
}

test('cancelling the workflow ends the job', async () => {
  await cancelledFor('cancelled', { cancelRequested: true });
  expect(await inspectJob(host, { id: 'cancelled' })).toMatchObject({ state: 'interrupted' });
});

test('a worker that shuts down leaves the job running', async () => {
  expect(String(await cancelledFor('left', { workerShutdown: true }))).toContain('the job goes on on its host');
  expect(await inspectJob(host, { id: 'left' })).toMatchObject({ state: 'running' });
  const attached = await runJob(host, { id: 'left', script: 'echo not run again' });
  expect(attached).toEqual({ state: 'finished', exitCode: 0, output: 'done\n' });
});
