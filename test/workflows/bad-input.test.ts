import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { WorkflowExecutionAlreadyStartedError, type WorkflowFailedError } from '@temporalio/client';
import { FAILURE } from '../../src/migration/failures';
import { FakeCluster } from '../support/fake-activities';
import { timeSkipping, withMigration } from '../support/workflow-environment';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await timeSkipping();
});
afterAll(() => env.teardown());

const READING = ['describeCluster'];

test.each([
  ['an unknown cluster', { cluster: 'unknown', to: 18 }, 'no cluster "unknown"'],
  ['a downgrade', { cluster: 'b', to: 14 }, 'to: The cluster runs 15; 14 would be a downgrade'],
  ['the version that runs already', { cluster: 'b', to: 15 }, 'there is nothing to migrate'],
  ['an unsupported version', { cluster: 'b', to: 19 }, 'PostgreSQL 19 is not supported'],
  [
    'a path that leads elsewhere',
    { cluster: 'b', to: 18, path: [16, 17] },
    'path: The path 16 → 17 does not end at 18',
  ],
  ['a path that turns back', { cluster: 'b', to: 18, path: [17, 16, 18] }, 'has to go up at every step'],
  ['a missing target', { cluster: 'b' }, 'to: '],
  ['a misspelt field', { cluster: 'b', to: 18, soack: '24h' }, 'soack'],
  ['a length of time that is none', { cluster: 'b', to: 18, soak: 'soon' }, 'soak: '],
  ['a mode that does not exist', { cluster: 'b', to: 18, mode: 'teleport' }, 'mode: '],
])('%s ends the workflow at once with InvalidInput, and only looking was done', async (_, input, text) => {
  const fake = new FakeCluster();
  const failed = (await withMigration(env, fake, input, ({ result }) => result()).catch(
    (error: unknown) => error,
  )) as WorkflowFailedError;
  expect(failed.cause).toMatchObject({
    type: FAILURE.invalidInput,
    nonRetryable: true,
    message: expect.stringContaining(text),
  });
  expect(fake.calls.filter((name) => !READING.includes(name))).toEqual([]);
});

test('input that is not an object, as pasted into the UI, is refused the same way', async () => {
  const fake = new FakeCluster();
  const run = withMigration(env, fake, 'orders' as never, ({ result }) => result(), { workflowId: 'pgpassage/text' });
  const failed = (await run.catch((error: unknown) => error)) as WorkflowFailedError;
  expect(failed.cause).toMatchObject({
    type: FAILURE.invalidInput,
    message: expect.stringContaining('{"cluster": "orders", "to": 18}'),
  });
});

test('majorUpgrade refuses to skip a version unless the path says so', async () => {
  const options = { type: 'majorUpgrade' };
  const skipped = (await withMigration(
    env,
    new FakeCluster(),
    { cluster: 'm', to: 18 },
    ({ result }) => result(),
    options,
  ).catch((error: unknown) => error)) as WorkflowFailedError;
  expect(skipped.cause).toMatchObject({
    type: FAILURE.invalidInput,
    message: expect.stringContaining('15 → 18 skips 16, 17'),
  });
  const result = await withMigration(
    env,
    new FakeCluster(),
    { cluster: 'm', to: 18, path: [18], soak: 0 },
    ({ result }) => result(),
    options,
  );
  expect(result.phases.map((phase) => phase.name)).toEqual(['15-18']);
});

test('a second migration of the same cluster is refused, under the same ID and under another one', async () => {
  const fake = new FakeCluster();
  await withMigration(env, fake, { cluster: 'twice', to: 16, soak: '24h' }, async ({ handle, until }) => {
    await until((progress) => progress.phases[0]?.gate !== undefined);
    const second = env.client.workflow.start('stepMigration', {
      taskQueue: 'elsewhere',
      workflowId: 'pgpassage/twice',
      args: [{ cluster: 'twice', to: 17 }],
    });
    await expect(second).rejects.toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
    const third = withMigration(env, new FakeCluster(), { cluster: 'twice', to: 17 }, ({ result }) => result(), {
      workflowId: 'from-the-ui',
    });
    const failed = (await third.catch((error: unknown) => error)) as WorkflowFailedError;
    expect(failed.cause).toMatchObject({
      type: FAILURE.invalidInput,
      message: expect.stringContaining('has a migration already, workflow pgpassage/twice'),
    });
    await handle.terminate('done');
  });
});

test('a workflow started under another ID starts the migration under its own and says where', async () => {
  const fake = new FakeCluster();
  await withMigration(
    env,
    fake,
    { cluster: 'scheduled', to: 16, soak: 0 },
    async ({ result }) => {
      expect(await result()).toMatchObject({ startedAs: 'pgpassage/scheduled' });
      expect(await env.client.workflow.getHandle('pgpassage/scheduled').result()).toMatchObject({
        outcome: 'completed',
      });
    },
    { workflowId: 'nightly-2026-01-01' },
  );
});
