import type { VectorProgress } from '../../src/migration/ruvector-progress';
import type { KillAfter } from './interruptions';
import { methods, RuvectorLab } from './lab';
import { VectorStack } from './vector-stack';

let lab: RuvectorLab | undefined;
let stack: VectorStack | undefined;
let leftOut = '';
beforeAll(async () => {
  const started = await RuvectorLab.start('fixture-no-path', 17);
  if ('leftOut' in started) leftOut = started.leftOut;
  else lab = started;
  if (!lab) return;
  await lab.seed({ rows: 2000, dimensions: 32 });
  stack = await VectorStack.start(lab);
});
afterAll(async () => {
  await stack?.stop();
  await lab?.stop();
});

const SUM = 'select sum(hashtextextended(t::text, 0)) from claude_flow.embeddings t';
const INDEX = "select pg_get_indexdef('claude_flow.idx_embeddings_vector'::regclass)";

/** Kills the worker in these activities while their jobs run on the host. */
const whileRuns =
  (...activities: string[]): KillAfter =>
  (activity) =>
    activities.includes(activity) ? 50 : undefined;

test('an upgrade whose worker is killed at the conversion and at every index ends well, and goes back by a workflow of its own', async () => {
  if (!lab || !stack) return console.warn(`LEFT OUT: ${leftOut}`);
  const sum = await lab.sql(SUM);
  const interruptions = stack.interrupt(whileRuns('convertRuvector', 'buildUpgradedIndex'));
  const handle = await stack.begin('ruvectorUpgrade', { to: '2.0.0' });
  const done = (await handle.result()) as VectorProgress;
  expect(interruptions.killed).toEqual(['convertRuvector', ...Array<string>(4).fill('buildUpgradedIndex')]);
  expect(done.outcome).toBe('completed');
  expect(done.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
  expect(done.wait.predicted!.writesMs).toBeGreaterThan(0);
  expect(await lab.extensionVersion()).toBe('2.0.0');
  expect(await lab.sql(SUM)).toBe(sum);

  const back = await stack.begin('ruvectorRollback', { by: 'ann' });
  expect(await back.result()).toMatchObject({ version: '0.1.0' });
  expect(await lab.extensionVersion()).toBe('0.1.0');
  expect(await lab.sql(SUM)).toBe(sum);
  expect(await lab.sql(INDEX)).toContain(`USING ${methods('fixture').old}`);
}, 400_000);

test('a cancelled upgrade is taken back', async () => {
  if (!lab || !stack) return console.warn(`LEFT OUT: ${leftOut}`);
  const sum = await lab.sql(SUM);
  const handle = await stack.begin('ruvectorUpgrade', { to: '2.0.0', rehearse: false });
  await stack.until(handle, ({ steps }) => steps.some(({ name, state }) => name === 'conversion' && state === 'done'));
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow();
  expect(await lab.extensionVersion()).toBe('0.1.0');
  expect(await lab.sql(SUM)).toBe(sum);
}, 400_000);

test('an index is tuned, rebuilt beside the old one with the worker killed meanwhile, compared, swapped, rejected; and again, approved', async () => {
  if (!lab || !stack) return console.warn(`LEFT OUT: ${leftOut}`);
  const rejected = await stack.begin('vectorIndexRebuild', {
    index: 'claude_flow.idx_embeddings_vector',
    tune: true,
    sampleRows: 500,
  });
  const tried = await stack.until(rejected, ({ next }) => next.includes('approve with m'));
  expect(
    tried.facts
      .filter(({ name }) => name.startsWith('m '))
      .map(({ value }) => /^recall [\d.]+, [\d.]+ ms, \d+ bytes/.test(value)),
  ).toEqual([true, true, true, true, true]);
  expect(tried.facts.find(({ name }) => name === 'plot')!.value).toContain('<svg');
  await expect(rejected.executeUpdate('approve', { args: [{ by: 'ann' }] })).rejects.toThrow();
  const interruptions = stack.interrupt(whileRuns('buildVectorIndex'));
  await rejected.executeUpdate('approve', { args: [{ by: 'ann', m: 24, ef_construction: 128 }] });
  await stack.until(rejected, ({ next }) => next.includes('reject to put it back'));
  expect(interruptions.killed).toEqual(['buildVectorIndex']);
  expect(await lab.sql(INDEX)).toContain("m='24', ef_construction='128'");
  await rejected.executeUpdate('reject', { args: [{ by: 'ann', reason: 'too large' }] });
  expect(await rejected.result()).toMatchObject({ outcome: 'stopped' });
  expect(await lab.sql(INDEX)).toContain("m='16', ef_construction='64'");

  const approved = await stack.begin('vectorIndexRebuild', {
    index: 'claude_flow.idx_embeddings_vector',
    m: 32,
    ef_construction: 200,
  });
  const waiting = await stack.until(approved, ({ next }) => next.includes('reject to put it back'));
  expect(waiting.steps.find(({ name }) => name === 'compare')!.detail).toMatch(/recall [\d.]+.*recall [\d.]+/);
  await approved.signal('approve', { by: 'ann' });
  expect(await approved.result()).toMatchObject({ outcome: 'completed' });
  expect(await lab.sql(INDEX)).toContain("m='32', ef_construction='200'");
  expect(await lab.sql("select count(*) from pg_class where relname like '%pgp_%'")).toBe('0');
}, 400_000);

test('bad input ends at once and names the field', async () => {
  if (!stack) return console.warn(`LEFT OUT: ${leftOut}`);
  const failing = async (type: string, input: Record<string, unknown>): Promise<string> => {
    const error: { cause?: { message?: string } } = await (await stack!.begin(type, input)).result().then(
      () => ({}),
      (caught: Error) => caught as never,
    );
    return error.cause?.message ?? 'it did not fail';
  };
  expect(await failing('ruvectorUpgrade', { to: '9.9' })).toContain('no version 9.9');
  expect(await failing('ruvectorUpgrade', {})).toContain('to:');
  expect(await failing('ruvectorUpgrade', { to: '2.0.0', database: 'postgres' })).toContain(
    'has no extension ruvector',
  );
  expect(await failing('vectorIndexRebuild', { index: 'claude_flow.idx_embeddings_vector' })).toContain(
    'say at least one',
  );
  expect(await failing('vectorIndexRebuild', { index: 'claude_flow.nope', m: 8 })).toContain(
    'index: "claude_flow.nope"',
  );
}, 120_000);
