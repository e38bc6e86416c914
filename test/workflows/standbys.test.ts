import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { WorkflowFailedError } from '@temporalio/client';
import { FAILURE } from '../../src/migration/failures';
import { FakeCluster } from '../support/fake-activities';
import { timeSkipping, withMigration } from '../support/workflow-environment';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await timeSkipping();
});
afterAll(() => env.teardown());

let number = 0;
const input = (more: Record<string, unknown> = {}) => ({ cluster: `s${(number += 1)}`, to: 16, soak: 0, ...more });

function cluster(): FakeCluster {
  const fake = new FakeCluster();
  fake.standbys = ['s1', 's2'];
  return fake;
}

const after = (fake: FakeCluster, name: string) => fake.calls.slice(fake.calls.indexOf(name) + 1);

test('standbys are prepared before the outage, stopped right after it, and rebuilt one by one before the comparison', async () => {
  const fake = cluster();
  fake.synchronous = 'ANY 1 (s1, s2)';
  const result = await withMigration(env, fake, input(), (run) => run.result());
  const calls = fake.calls.filter((name) =>
    /Standby|outage|Synchronous|Statistics|compare|prepareTarget|rehearse/.test(name),
  );
  expect(calls).toEqual([
    ...['prepareTarget', 'prepareStandby', 'prepareStandby', 'rehearse', 'outage', 'stopStandby', 'stopStandby'],
    ...['refreshStatistics', 'rebuildStandby', 'rebuildStandby', 'putBackSynchronous', 'compareEvidence'],
  ]);
  expect(result.phases[0].standbys).toEqual([
    expect.objectContaining({ name: 's1', state: 'streaming', bytes: 1000 }),
    expect.objectContaining({ name: 's2', state: 'streaming', bytes: 1000 }),
  ]);
});

test.each([
  [1, 1],
  ['all', 2],
])('standbys.atOnce %s: at most %d are rebuilt at the same time', async (atOnce, most) => {
  const fake = cluster();
  let [now, seen] = [0, 0];
  fake.before = async (name) => {
    if (name !== 'rebuildStandby') return;
    seen = Math.max(seen, (now += 1));
    await new Promise((resolve) => setTimeout(resolve, 300));
    now -= 1;
  };
  await withMigration(env, fake, input({ standbys: { atOnce } }), (run) => run.result());
  expect(seen).toBe(most);
});

test('a cluster without standbys has none of these steps', async () => {
  const fake = new FakeCluster();
  await withMigration(env, fake, input(), (run) => run.result());
  expect(fake.calls.filter((name) => /Standby|Synchronous/.test(name))).toEqual([]);
});

test('a rebuild that fails holds the gate until it succeeds', async () => {
  const fake = cluster();
  fake.fail('rebuildStandby', 'Broken', 3);
  const result = await withMigration(env, fake, input({ watchEvery: '1s' }), (run) => run.result());
  expect(result.outcome).toBe('completed');
  expect(result.phases[0].gate!.raised).toEqual(['rebuild standby s1']);
  expect(result.phases[0].standbys!.map(({ state }) => state)).toEqual(['streaming', 'streaming']);
});

test('a failure before the outage removes what was prepared, before the target', async () => {
  const fake = cluster();
  fake.fail('rehearse', FAILURE.rehearsal);
  await expect(withMigration(env, fake, input(), (run) => run.result())).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(after(fake, 'rehearse')).toEqual(['discardStandby', 'discardStandby', 'discardTarget', 'releaseWal']);
});

test('an outage that fails: the primary comes back first, then its standbys', async () => {
  const fake = cluster();
  fake.fail('outage', FAILURE.outageRolledBack);
  await expect(withMigration(env, fake, input(), (run) => run.result())).rejects.toBeInstanceOf(WorkflowFailedError);
  expect(after(fake, 'outage').slice(0, 4)).toEqual([
    'rollBackPhase',
    'rollBackStandby',
    'rollBackStandby',
    'letClientsIn',
  ]);
});

test('rolled back at the gate: the primary, then its standbys; one that does not come back is told', async () => {
  const fake = cluster();
  fake.fail('rollBackStandby', FAILURE.invalidInput, 1);
  const result = await withMigration(env, fake, input({ soak: '24h' }), async ({ handle, until, result }) => {
    await until(({ phases }) => phases[0]?.gate !== undefined);
    await handle.signal('rollback', { by: 'ann', accept: ['writes-since-15-16'] });
    return result();
  });
  expect(result.outcome).toBe('rolled back');
  expect(fake.calls.slice(-3)).toEqual(['rollBackPhase', 'rollBackStandby', 'rollBackStandby']);
  const log = result.log.map(({ text }) => text).join('\n');
  expect(log).toContain('standby s1 did not come back on PostgreSQL 15: rollBackStandby failed on purpose');
  expect(log).toContain('standby s2 on PostgreSQL 15: follows (because)');
});

test('a retained standby is not rebuilt in its phase, is named in the ledger, and is rebuilt when the next phase begins', async () => {
  const fake = cluster();
  const plan = input({ to: 17, mode: 'link', standbys: { retain: 's2' } });
  const result = await withMigration(env, fake, plan, async ({ handle, until, result }) => {
    await until(({ phases }) => phases[0]?.gate !== undefined);
    expect(fake.calls.filter((name) => name === 'rebuildStandby')).toHaveLength(1);
    await handle.signal('approve', { phase: '15-16', by: 'ann' });
    return result();
  });
  expect(result.phases.map(({ standbys }) => standbys!.map(({ state }) => state))).toEqual([
    ['streaming', 'retained'],
    ['streaming', 'retained'],
  ]);
  expect(result.phases[0].ledger!.entries[2].how).toContain('promote the retained standby s2');
  const second = fake.calls.slice(fake.calls.lastIndexOf('chooseMode') - 1);
  expect(second[0]).toBe('rebuildStandby');
});

test('a standby to be retained that stops behind the primary raises an alarm and leaves the ledger', async () => {
  const fake = cluster();
  fake.behind = ['s2'];
  const plan = input({ to: 16, mode: 'link', soak: '24h', standbys: { retain: 's2' } });
  await withMigration(env, fake, plan, async ({ handle, until, result }) => {
    const { phases } = await until((progress) => (progress.phases[0]?.gate?.alarms.length ?? 0) > 0);
    expect(phases[0].gate!.alarms[0]).toMatchObject({
      name: 'stop standby s2',
      detail: expect.stringContaining('no way back'),
    });
    expect(phases[0].ledger!.entries[2].how).toContain('restore 15 from the verified base backup');
    await handle.signal('reject', { phase: '15-16', by: 'ann', reason: 'seen' });
    return result();
  });
});

test('a standby to be retained that the inventory does not have is bad input', async () => {
  const failed = (await withMigration(env, cluster(), input({ standbys: { retain: 's9' } }), (run) =>
    run.result(),
  ).catch((error: unknown) => error)) as WorkflowFailedError;
  expect(failed.cause).toMatchObject({
    type: FAILURE.invalidInput,
    message: expect.stringContaining('standbys.retain'),
  });
});

test('finalize rebuilds a standby that is still retained before its old directory goes', async () => {
  const fake = cluster();
  const cluster1 = input({ mode: 'link', standbys: { retain: 's2' } });
  await withMigration(env, fake, cluster1, (run) => run.result());
  fake.retain = 's2';
  const workflowId = `pgpassage/${cluster1.cluster}`;
  await withMigration(env, fake, { cluster: cluster1.cluster, by: 'ann' }, (run) => run.result(), {
    type: 'finalizeMigration',
    workflowId,
  });
  expect(fake.calls.slice(-2)).toEqual(['rebuildStandby', 'finalizePhases']);
});
