import { missedPrediction } from '../../src/migration/ruvector-progress';
import { tuningPlot } from '../../src/report/tuning-plot';
import { entriesOf, parseArchiveList } from '../../src/ruvector/archive-list';
import { chooseMethod } from '../../src/ruvector/choose-method';
import { compareVectors } from '../../src/ruvector/compare-evidence';
import type { VectorEvidence } from '../../src/ruvector/evidence';
import { recall, sameNeighbours } from '../../src/ruvector/neighbours';

const offer = (method: string, operatorClass: string, operator: string) => ({
  method,
  operatorClass,
  operator,
  type: 'ruvector',
});

test('the access method on the new version: by name, by likeness, by being the only one; or a problem that lists what there is', () => {
  const old = { method: 'hnsw', operatorClass: 'ruvector_cosine_ops', operator: '<=>' };
  const published = ['ruhnsw', 'ruivfflat'].map((method) => offer(method, 'ruvector_cosine_ops', '<=>'));
  expect(chooseMethod(old, published)).toEqual({ method: 'ruhnsw', operatorClass: 'ruvector_cosine_ops' });
  expect(chooseMethod(old, published, { method: 'ruivfflat' })).toMatchObject({ method: 'ruivfflat' });
  const runbook = { ...old, method: 'ruvector_hnsw' };
  expect(chooseMethod(runbook, [offer('ruvector', 'ruvector_cosine_ops', '<=>')])).toMatchObject({
    method: 'ruvector',
  });
  expect(chooseMethod(old, [offer('graph', 'cos', '<=>')])).toEqual({ method: 'graph', operatorClass: 'cos' });
  expect(chooseMethod(old, [offer('a', 'x', '<=>'), offer('b', 'x', '<=>')])).toEqual({
    problem: expect.stringContaining('Offered: a (x), b (x)'),
  });
  expect(chooseMethod(old, [offer('a', 'x', '<->')])).toEqual({ problem: expect.stringContaining('nothing offered') });
});

test("an archive's entries, with the comments and privileges that belong to them, in the order of restoring", () => {
  const entries = parseArchiveList(`;
; Selected TOC Entries:
;
2; 3079 16384 EXTENSION - ruvector
220; 1259 16448 VIEW public v postgres
;	depends on: 219 219 2 2
2616; 0 0 COMMENT public VIEW v postgres
;	depends on: 220
2617; 0 0 ACL public TABLE v postgres
;	depends on: 220
221; 1259 16462 VIEW public other postgres
;	depends on: 220
`);
  expect(entriesOf(entries, [{ catalogOid: 1259, oid: 16448 }]).map(({ id }) => id)).toEqual([220, 2616, 2617]);
});

test('neighbours are the same when the distances are, though rows of equal distance change places', () => {
  const before = [
    { row: 'a', distance: 0 },
    { row: 'b', distance: 0.5 },
    { row: 'c', distance: 0.5 },
  ];
  expect(sameNeighbours(before, [before[0], before[2], before[1]])).toBe(true);
  expect(sameNeighbours(before, [before[0], before[1], { row: 'd', distance: 0.5 }])).toBe(true);
  expect(sameNeighbours(before, [{ row: 'x', distance: 0 }, before[1], before[2]])).toBe(false);
  expect(sameNeighbours(before, [before[0], before[1], { row: 'c', distance: 0.7 }])).toBe(false);
  expect(recall(before, [before[0], { row: 'd', distance: 0.5 }, { row: 'e', distance: 0.9 }])).toBeCloseTo(2 / 3);
});

test('a comparison finds what differs, and does not judge what was written to meanwhile', () => {
  const print = { table: '"t"', rows: '2', vectors: '2', sum: '7' };
  const evidence: VectorEvidence = {
    version: '1',
    fingerprints: [print],
    neighbours: [{ search: '"t" v <=>', answers: [['[1]', [{ row: 'a', distance: 0 }]]] }],
    indexes: [
      { name: 'i', identity: 'i', method: 'h', operatorClass: 'o', recall: 0.9, milliseconds: 1, bytes: 1, queries: 1 },
    ],
    dependants: ['view v', 'index i'],
  };
  const outcomes = (after: VectorEvidence, sum = '7') =>
    compareVectors(evidence, after, { before: [print], after: [{ ...print, sum }] }, 0.1).map(({ outcome }) => outcome);
  expect(outcomes(evidence)).toEqual(['passed', 'passed', 'passed', 'passed', 'passed']);
  expect(outcomes(evidence, '8')[0]).toBe('failed');
  expect(outcomes({ ...evidence, fingerprints: [{ ...print, sum: '9' }] })[1]).toBe('not comparable');
  expect(outcomes({ ...evidence, indexes: [{ ...evidence.indexes[0], recall: 0.7 }] })[2]).toBe('failed');
  expect(outcomes({ ...evidence, indexes: [{ ...evidence.indexes[0], recall: null }] })[2]).toBe('failed');
  expect(outcomes({ ...evidence, dependants: ['index i'] })[3]).toBe('failed');
});

test('a prediction that was off by more than a fifth is said', () => {
  const wait = (writesMs: number) => ({ predicted: { writesMs: 100, readsMs: 1 }, measured: { writesMs, readsMs: 1 } });
  expect(missedPrediction(wait(119))).toBeUndefined();
  expect(missedPrediction(wait(150))).toContain('off by 50 %');
});

test('the plot has one circle a setting and escapes what is written into it', () => {
  const svg = tuningPlot([
    { label: 'm 8 <b>', recall: 0.8, milliseconds: 1, bytes: 10 },
    { label: 'm 32', recall: 0.99, milliseconds: 3, bytes: 1000 },
  ]);
  expect(svg.match(/<circle /g)).toHaveLength(2);
  expect(svg).toContain('m 8 &lt;b>');
  expect(svg).not.toContain('NaN');
});
