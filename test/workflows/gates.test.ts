import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Progress } from '../../src/migration/progress';
import { FakeCluster } from '../support/fake-activities';
import { timeSkipping, withMigration } from '../support/workflow-environment';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await timeSkipping();
});
afterAll(() => env.teardown());

let number = 0;
const input = (more: Record<string, unknown> = {}) => ({
  cluster: `c${(number += 1)}`,
  to: 18,
  watchEvery: '6h',
  ...more,
});
const atGate = (phase: string) => (progress: Progress) =>
  progress.phases.some((each) => each.name === phase && each.gate !== undefined && !each.gate.decision);
const waiting = (phase: string) => (progress: Progress) =>
  atGate(phase)(progress) && progress.status.includes('waiting for the approval');

test('three phases with soaks of 24 h and approvals take seconds, and every soak was watched', async () => {
  const fake = new FakeCluster();
  const result = await withMigration(env, fake, input(), async ({ handle, until, result }) => {
    for (const phase of ['15-16', '16-17']) {
      await until(atGate(phase));
      await env.sleep('25h');
      await until(waiting(phase));
      await handle.executeUpdate('approve', { args: [{ phase, by: 'ann' }] });
    }
    return result();
  });
  expect(result.outcome).toBe('completed');
  expect(result.phases.map((phase) => phase.gate!.decision!.kind)).toEqual(['approved', 'approved', 'passed']);
  for (const { gate } of result.phases)
    expect(gate!.decision!.at - gate!.openedAt).toBeGreaterThanOrEqual(24 * 3600_000);
  expect(fake.calls.filter((name) => name === 'sampleSoak').length).toBeGreaterThanOrEqual(3 * 5);
});

test('an approval is refused for another phase, before the soak is over, and with old evidence; early cuts the soak short', async () => {
  const result = await withMigration(
    env,
    new FakeCluster(),
    input({ to: 17, soak: '24h', soakAfterLast: '1s' }),
    async ({ handle, until, result }) => {
      await until(atGate('15-16'));
      const approve = (message: Record<string, unknown>) =>
        handle.executeUpdate('approve', { args: [{ phase: '15-16', by: 'ann', ...message }] });
      await expect(approve({ phase: '16-17' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('the gate is 15-16') },
      });
      await expect(approve({})).rejects.toMatchObject({ cause: { message: expect.stringContaining('early: true') } });
      await expect(approve({ early: true, evidence: 'ffffffff' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('by now, not ffffffff') },
      });
      await expect(approve({ by: '' })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('by: say who you are') },
      });
      await approve({ early: true });
      return result();
    },
  );
  expect(result.outcome).toBe('completed');
});

test('a signal with the wrong phase changes nothing and is in the log; a right one approves', async () => {
  const result = await withMigration(
    env,
    new FakeCluster(),
    input({ to: 17, soak: 0, soakAfterLast: 0 }),
    async ({ handle, until, result }) => {
      await until(waiting('15-16'));
      await handle.signal('approve', { phase: '17-18', by: 'bob' });
      await until((progress) => progress.log.some(({ text }) => text.includes('refused') && text.includes('17-18')));
      await handle.signal('approve', { phase: '15-16', by: 'ann' });
      return result();
    },
  );
  expect(result.phases[0].gate!.decision).toMatchObject({ kind: 'approved', by: 'ann' });
});

test('an alarm blocks the approval until it is accepted by name', async () => {
  const fake = new FakeCluster();
  fake.sample = { problems: [{ name: 'archiver-failing', detail: 'the archiver failed 3 times' }] };
  const result = await withMigration(
    env,
    fake,
    input({ to: 17, soak: 0, soakAfterLast: 0 }),
    async ({ handle, until, result }) => {
      await until((progress) => progress.phases[0]?.gate?.alarms.length === 1);
      await expect(handle.executeUpdate('approve', { args: [{ phase: '15-16', by: 'ann' }] })).rejects.toMatchObject({
        cause: { message: expect.stringContaining('archiver-failing (the archiver failed 3 times)') },
      });
      await handle.executeUpdate('approve', {
        args: [{ phase: '15-16', by: 'ann', acceptAlarms: ['archiver-failing'] }],
      });
      fake.sample = {};
      return result();
    },
  );
  expect(result.phases[0].gate!.decision).toMatchObject({ acceptedAlarms: ['archiver-failing'] });
});

test('a critical alarm rolls back by itself where the plan says so and names the loss', async () => {
  const fake = new FakeCluster();
  fake.sample = { problems: [{ name: 'invalid-index', detail: 'public.i is invalid' }] };
  const result = await withMigration(
    env,
    fake,
    input({ to: 17, onAlarm: 'rollback', acceptLoss: ['writes-since-15-16'] }),
    ({ result }) => result(),
  );
  expect(result).toMatchObject({ outcome: 'rolled back', runningVersion: 15 });
  expect(fake.calls).toContain('rollBackPhase');
});

test('without a decision the gate expires, the migration stops and the new version goes on serving', async () => {
  const result = await withMigration(env, new FakeCluster(), input({ approvalWithin: '3d' }), ({ result }) => result());
  expect(result).toMatchObject({ outcome: 'stopped', runningVersion: 16 });
  expect(result.phases[0].gate!.decision!.kind).toBe('expired');
});

test('a gate is extended, and rejected with a reason', async () => {
  const result = await withMigration(env, new FakeCluster(), input(), async ({ handle, until, result }) => {
    const before = (await until(atGate('15-16'))).phases[0].gate!.soakEndsAt;
    await handle.executeUpdate('extend', { args: [{ by: 'ann', duration: '12h' }] });
    const after = (await until(atGate('15-16'))).phases[0].gate!.soakEndsAt;
    expect(after - before).toBe(12 * 3600_000);
    await handle.executeUpdate('reject', { args: [{ phase: '15-16', by: 'ann', reason: 'reports are slow' }] });
    return result();
  });
  expect(result.outcome).toBe('stopped');
  expect(result.phases[0].gate!.decision).toMatchObject({ kind: 'rejected', note: 'reports are slow' });
});

test('a rollback at a gate is refused until the loss is named, then takes back every phase down to the version asked for', async () => {
  const fake = new FakeCluster();
  const result = await withMigration(env, fake, input({ soak: 0 }), async ({ handle, until, result }) => {
    await until(waiting('15-16'));
    await handle.executeUpdate('approve', { args: [{ phase: '15-16', by: 'ann' }] });
    await until(waiting('16-17'));
    const rollback = (message: Record<string, unknown>) =>
      handle.executeUpdate('rollback', { args: [{ by: 'ann', ...message }] });
    await expect(rollback({})).rejects.toMatchObject({
      cause: { message: expect.stringContaining('"writes-since-16-17"') },
    });
    await expect(rollback({ to: 14 })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('14 is not a version') },
    });
    await rollback({ to: 15, accept: ['writes-since-15-16'] });
    return result();
  });
  expect(result).toMatchObject({ outcome: 'rolled back', runningVersion: 15 });
  expect(fake.calls.filter((name) => name === 'rollBackPhase')).toHaveLength(2);
  expect(result.phases.map((phase) => phase.state)).toEqual(['rolled back', 'rolled back', 'planned']);
});

test('while paused no step starts; resume goes on', async () => {
  const fake = new FakeCluster();
  let release: () => void = () => undefined;
  fake.before = (name) =>
    name === 'takeBackup' && fake.calls.filter((each) => each === name).length === 1
      ? new Promise<void>((resolve) => (release = resolve))
      : undefined;
  const result = await withMigration(
    env,
    fake,
    input({ to: 16, soakAfterLast: 0 }),
    async ({ handle, until, result }) => {
      await until(() => fake.calls.includes('takeBackup'));
      await handle.executeUpdate('pause', { args: [{ by: 'ann', reason: 'busy hour' }] });
      release();
      await until((progress) => progress.status.includes('paused by ann'));
      expect(fake.calls).not.toContain('rehearse');
      await handle.executeUpdate('resume', { args: [{ by: 'ann' }] });
      return result();
    },
  );
  expect(result.outcome).toBe('completed');
});

test('the outage waits for the maintenance window', async () => {
  const fake = new FakeCluster();
  let opensAt = 0;
  fake.before = async (name) => {
    if (name !== 'windowOpensAt') return;
    const now = await env.currentTimeMs();
    if (opensAt === 0) opensAt = now + 5 * 3600_000;
    fake.window = { opensAt: now >= opensAt ? now - 1 : opensAt, closesAt: opensAt + 3600_000 };
  };
  const started = await env.currentTimeMs();
  const result = await withMigration(env, fake, input({ to: 16, soakAfterLast: 0 }), ({ result }) => result());
  const outage = result.phases[0].steps.find((step) => step.name === 'outage')!;
  expect(outage.startedAt - started).toBeGreaterThanOrEqual(5 * 3600_000);
});

test('an outage that was predicted wrongly by more than a fifth is said', async () => {
  const fake = new FakeCluster();
  fake.outageMs = 4000;
  const result = await withMigration(env, fake, input({ to: 16, soakAfterLast: 0 }), ({ result }) => result());
  expect(result.phases[0].predictionMissed).toContain('4000 ms; 1900 ms were predicted, off by 111 %');
});
