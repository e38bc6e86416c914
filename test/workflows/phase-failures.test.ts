import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { FAILURE } from '../../src/migration/failures';
import { FakeCluster } from '../support/fake-activities';
import { devServer, withMigration } from '../support/workflow-environment';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await devServer();
});
afterAll(() => env.teardown());

let number = 0;
const input = (more: Record<string, unknown> = {}) => ({ cluster: `f${(number += 1)}`, to: 16, soak: 0, ...more });
const UNDO = ['rollBackPhase', 'letClientsIn', 'discardTarget', 'releaseWal'];

/** Step → the compensations that its failure has to bring, in this order. */
const BEFORE_THE_OUTAGE: [string, string[]][] = [
  ['installPackages', []],
  ['chooseMode', []],
  ['preflight', []],
  ['openPhase', []],
  ['takeEvidence', []],
  ['takeBackup', ['releaseWal']],
  ['prepareTarget', ['discardTarget', 'releaseWal']],
  ['rehearse', ['discardTarget', 'releaseWal']],
  ['checkClients', ['discardTarget', 'releaseWal']],
  ['windowOpensAt', ['discardTarget', 'releaseWal']],
  ['outage', ['rollBackPhase', 'letClientsIn', 'discardTarget', 'releaseWal']],
];

/** Works until the activity is cancelled, as a long one does: with its heart beating, by which it learns of it. */
async function cancelledAtLast(): Promise<never> {
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), 50);
  return context.cancelled.finally(() => clearInterval(beating));
}

/** The compensations that ran. The target is prepared beside the backup: it may or may not have begun when that fails. */
function undone(fake: FakeCluster, step: string): string[] {
  const ran = fake.calls.filter((name) => UNDO.includes(name));
  return step === 'takeBackup' ? ran.filter((name) => name !== 'discardTarget') : ran;
}

/** Asks for the cancellation and goes on once the workflow has taken note of it, as an activity of some length would. */
async function cancelAndWait(handle: WorkflowHandle): Promise<void> {
  const before = (await handle.fetchHistory()).events!.length;
  await handle.cancel();
  for (;;) {
    const events = (await handle.fetchHistory()).events!.slice(before);
    if (events.some((event) => event.workflowTaskCompletedEventAttributes)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test.each(BEFORE_THE_OUTAGE)('a failure of %s is undone by %j, and the failure keeps its type', async (step, undo) => {
  const fake = new FakeCluster();
  fake.fail(step, FAILURE.rehearsal);
  const failed = await withMigration(env, fake, input(), ({ result }) => result()).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(WorkflowFailedError);
  expect((failed as WorkflowFailedError).cause).toMatchObject({
    type: FAILURE.rehearsal,
    message: expect.stringContaining('PostgreSQL 15 serves'),
  });
  expect(undone(fake, step)).toEqual(undo);
});

test.each(BEFORE_THE_OUTAGE.filter(([step]) => step !== 'outage'))(
  'cancelling during %s undoes with %j',
  async (step, undo) => {
    const fake = new FakeCluster();
    await withMigration(env, fake, input(), async ({ handle, result }) => {
      fake.before = async (name) => {
        if (name === step && fake.calls.filter((each) => each === step).length === 1) await cancelAndWait(handle);
      };
      await expect(result()).rejects.toBeInstanceOf(WorkflowFailedError);
    });
    expect(undone(fake, step)).toEqual(undo);
    expect(fake.calls).not.toContain('outage');
  },
);

test('a step that fails beside another one ends it, and nothing is undone before it has ended', async () => {
  const fake = new FakeCluster();
  const order: string[] = [];
  fake.fail('prepareTarget', FAILURE.rehearsal);
  fake.before = async (name) => {
    if (name === 'takeBackup') await cancelledAtLast().catch(() => order.push('the backup has ended'));
    if (UNDO.includes(name)) order.push(name);
  };
  await expect(withMigration(env, fake, input(), ({ result }) => result())).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(order).toEqual(['the backup has ended', 'discardTarget', 'releaseWal']);
});

test('cancelling during the outage waits for its end: the new version serves and nothing is undone', async () => {
  const fake = new FakeCluster();
  await withMigration(env, fake, input(), async ({ handle, result }) => {
    fake.before = async (name) => {
      if (name === 'outage') await cancelAndWait(handle);
    };
    await expect(result()).rejects.toBeInstanceOf(WorkflowFailedError);
  });
  expect(fake.calls).toContain('outage');
  expect(fake.calls.filter((name) => UNDO.includes(name))).toEqual([]);
});

test('a rollback asked for before the outage gives the phase up at the next step and loses nothing', async () => {
  const fake = new FakeCluster();
  const result = await withMigration(env, fake, input(), async ({ handle, result }) => {
    fake.before = async (name) => {
      if (name === 'prepareTarget') await handle.signal('rollback', { by: 'ann' });
    };
    return result();
  });
  expect(result).toMatchObject({ outcome: 'rolled back', runningVersion: 15 });
  expect(fake.calls.filter((name) => UNDO.includes(name))).toEqual(['discardTarget', 'releaseWal']);
});

test('blockers of the pre-flight end the phase and are named in the failure; nothing was touched', async () => {
  const fake = new FakeCluster();
  fake.blockers = [
    {
      check: 'prepared-transactions',
      severity: 'blocker',
      effect: 'ends the upgrade',
      object: 'xact-7',
      seen: 'a prepared transaction.',
      action: 'Commit it.',
    },
  ];
  const failed = (await withMigration(env, fake, input(), ({ result }) => result()).catch(
    (error: unknown) => error,
  )) as WorkflowFailedError;
  expect(failed.cause).toMatchObject({
    type: FAILURE.preflight,
    message: expect.stringContaining('prepared-transactions: xact-7'),
  });
  expect(fake.calls).not.toContain('openPhase');
});

test('a compensation that fails is said, and the others run all the same', async () => {
  const fake = new FakeCluster();
  fake.fail('rehearse', FAILURE.rehearsal);
  fake.fail('discardTarget', 'Broken');
  const failed = (await withMigration(env, fake, input(), ({ result }) => result()).catch(
    (error: unknown) => error,
  )) as WorkflowFailedError;
  expect(failed.cause).toMatchObject({
    type: FAILURE.rollbackIncomplete,
    message: expect.stringContaining('remove the prepared target: discardTarget failed on purpose'),
  });
  expect(fake.calls).toContain('releaseWal');
});

test.each(['putBackForgotten', 'refreshStatistics', 'updateExtensions', 'compareEvidence'])(
  'a failure of %s after the outage does not undo: it stands at the gate until it succeeds',
  async (step) => {
    const fake = new FakeCluster();
    fake.fail(step, 'Broken', 2);
    const result = await withMigration(env, fake, input({ watchEvery: '1s' }), ({ result }) => result());
    expect(result.outcome).toBe('completed');
    expect(result.phases[0].gate!.raised).toHaveLength(1);
    expect(fake.calls.filter((name) => name === step)).toHaveLength(3);
    expect(fake.calls.filter((name) => UNDO.includes(name))).toEqual([]);
  },
);

test('names on the host carry the whole run ID: two runs within a minute share its beginning', async () => {
  const fake = new FakeCluster();
  const runId = await withMigration(env, fake, input({ soak: 0 }), async ({ handle, result }) => {
    await result();
    return handle.firstExecutionRunId;
  });
  expect(fake.migrations).toEqual([runId]);
});
