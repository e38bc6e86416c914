import type { MajorVersion } from '../../sandbox/parts';
import type { Flavour } from '../../sandbox/ruvector';
import { ruvectorUpgradeInput } from '../../src/migration/ruvector';
import { DATABASE, RuvectorLab } from './lab';
import { snapshot } from './snapshot';

const CASES: [Flavour, MajorVersion][] = [
  ['fixture', 16],
  ['fixture-no-path', 17],
];

/** The steps after which somebody goes back, in the order of an upgrade. */
const POINTS = ['opened', 'backed-up', 'converted', 'first-index', 'every-index'] as const;
type Point = (typeof POINTS)[number];

test.each(CASES)(
  '%s on PostgreSQL %i: rollback.sh goes back from every point, and nothing is lost',
  async (...which) => {
    const lab = await RuvectorLab.start(...which);
    if ('leftOut' in lab) return console.warn(`LEFT OUT: ${lab.leftOut}`);
    try {
      await lab.seed({ rows: 300, dimensions: 8 });
      const before = await snapshot(lab);
      for (const [nth, point] of POINTS.entries()) {
        const directory = await upgradeUntil(lab, point, `2026-01-02T03:04:0${nth}.000Z`);
        expect({ point, version: await lab.extensionVersion() }).toEqual({
          point,
          version: nth < 2 ? '0.1.0' : '2.0.0',
        });
        lab.rollbackScript(directory);
        expect({ point, ...(await snapshot(lab)) }).toEqual({ point, ...before });
        expect(await lab.extensionVersion()).toBe('0.1.0');
      }
    } finally {
      await lab.stop();
    }
  },
  300_000,
);

/** Runs an upgrade's steps up to one of them. @returns its directory. */
async function upgradeUntil(lab: RuvectorLab, point: Point, startedAt: string): Promise<string> {
  const where = { cluster: 'test', database: DATABASE };
  const until = POINTS.indexOf(point);
  const inspected = await lab.run('inspectRuvector', ruvectorUpgradeInput.parse({ ...where, to: '2.0.0' }));
  const [postgres, plan] = [inspected.postgres, inspected.plan!];
  const { directory } = await lab.run('openRuvectorUpgrade', { ...where, postgres, migration: point, startedAt, plan });
  const ref = { cluster: 'test', migration: point, directory };
  if (until >= 1) await lab.run('backUpVectors', ref);
  if (until >= 2) await lab.run('convertRuvector', ref);
  const built = until === 3 ? 1 : until > 3 ? plan.indexes.length : 0;
  for (const { identity } of plan.indexes.slice(0, built))
    await lab.run('buildUpgradedIndex', { ref, index: identity });
  return directory;
}
