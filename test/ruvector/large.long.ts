import type { MajorVersion } from '../../sandbox/parts';
import type { Flavour } from '../../sandbox/ruvector';
import type { VectorProgress } from '../../src/migration/ruvector-progress';
import { DATABASE, RuvectorLab } from './lab';
import { VectorStack } from './vector-stack';

/** Two tables of this many rows and 128 dimensions; one of them has two such columns. `npm run test:ruvector`. */
const ROWS = Number(process.env.RUVECTOR_ROWS ?? 100_000);
const DIMENSIONS = 128;
/** The published extension takes some 8 KB of index for a vector and minutes to build it. */
const PUBLISHED_ROWS = Math.min(ROWS, Number(process.env.RUVECTOR_PUBLISHED_ROWS ?? 10_000));

const CASES: [Flavour, MajorVersion, number, string][] = [
  ['fixture', 16, ROWS, 'in place'],
  ['fixture-no-path', 17, ROWS, 'staged rebuild'],
  ['published-path', 16, PUBLISHED_ROWS, 'in place'],
  ['published', 17, PUBLISHED_ROWS, 'staged rebuild'],
];

/** A step that takes less than a look may be over before it is seen; these are not. */
const LONG_STEPS = [
  'inspect',
  'evidence before',
  'backup',
  'rehearsal',
  'conversion',
  'index claude_flow.idx_embeddings_vector',
  'index claude_flow.idx_hyperbolic',
  'evidence after',
];

const SUMS = ['embeddings', 'hyperbolic_embeddings']
  .map((table) => `select sum(hashtextextended(t::text, 0)) from claude_flow.${table} t`)
  .join(';');

test.each(CASES)(
  '%s on PostgreSQL %i, %i vectors a column, %s: upgraded with the worker killed at each step, rolled back, upgraded again',
  async (flavour, version, rows, strategy) => {
    const lab = await RuvectorLab.start(flavour, version);
    if ('leftOut' in lab) return console.warn(`LEFT OUT: ${lab.leftOut}`);
    let stack: VectorStack | undefined;
    try {
      // Quick to build: what is shown here is the data's way, and every index is built a dozen times.
      await lab.seed({ rows, dimensions: DIMENSIONS, indexOptions: 'm = 8, ef_construction = 32' });
      stack = await VectorStack.start(lab);
      const sums = await lab.sql(SUMS);
      const seen: unknown[] = [];
      for (const round of ['first', 'again']) {
        const handle = await stack.begin('ruvectorUpgrade', { to: '2.0.0' });
        const killed = round === 'first' ? await stack.killAtSteps(handle, () => true) : [];
        const done = (await handle.result()) as VectorProgress;
        expect(done.outcome).toBe('completed');
        expect(done.facts).toContainEqual({ name: 'strategy', value: strategy });
        expect(done.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
        if (round === 'first') expect(killed).toEqual(expect.arrayContaining(LONG_STEPS));
        expect(await lab.extensionVersion()).toBe('2.0.0');
        expect(await lab.sql(SUMS)).toBe(sums);
        seen.push({
          round,
          killed: killed.length,
          wait: done.wait,
          steps: done.steps.map(({ name, durationMs, detail }) => `${name}: ${durationMs} ms ${detail ?? ''}`),
          recall: done.checks.filter(({ name }) => name.startsWith('recall')),
        });
        if (round === 'again') break;
        await (await stack.begin('ruvectorRollback', { by: 'test' })).result();
        expect(await lab.extensionVersion()).toBe('0.1.0');
        expect(await lab.sql(SUMS)).toBe(sums);
      }
      console.info(
        JSON.stringify({ flavour, version, rows, dimensions: DIMENSIONS, database: DATABASE, seen }, null, 2),
      );
    } finally {
      await stack?.stop();
      await lab.stop();
    }
  },
);
