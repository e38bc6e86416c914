import type { MajorVersion } from '../../sandbox/parts';
import type { Flavour } from '../../sandbox/ruvector';
import type { VectorProgress } from '../../src/migration/ruvector-progress';
import type { KillAfter } from './interruptions';
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

/** The activities of an upgrade, each of which loses its worker. */
const ACTIVITIES = [
  'inspectRuvector',
  'openRuvectorUpgrade',
  'takeVectorEvidence',
  'backUpVectors',
  'rehearseRuvector',
  'windowOpensAt',
  'convertRuvector',
  ...Array<string>(4).fill('buildUpgradedIndex'),
  'analyzeVectorTables',
  'takeVectorEvidence',
  'compareVectors',
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
      // First when a step's work is done and nobody was told, then halfway through it.
      let killAfter: KillAfter = () => Infinity;
      for (const round of ['first', 'again']) {
        const interruptions = stack.interrupt(killAfter);
        const handle = await stack.begin('ruvectorUpgrade', { to: '2.0.0' });
        const done = (await handle.result()) as VectorProgress;
        expect(interruptions.killed).toEqual(ACTIVITIES);
        killAfter = (_, nth) => interruptions.worked[nth]! / 2;
        expect(done.outcome).toBe('completed');
        expect(done.facts).toContainEqual({ name: 'strategy', value: strategy });
        expect(done.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
        expect(await lab.extensionVersion()).toBe('2.0.0');
        expect(await lab.sql(SUMS)).toBe(sums);
        seen.push({
          round,
          killed: interruptions.killed.map((name, nth) => `${name} after ${interruptions.worked[nth] ?? 'half of it'}`),
          wait: done.wait,
          steps: done.steps.map(({ name, durationMs, detail }) => `${name}: ${durationMs} ms ${detail ?? ''}`),
          recall: done.checks.filter(({ name }) => name.startsWith('recall')),
        });
        if (round === 'again') break;
        stack.interrupt(() => undefined);
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
