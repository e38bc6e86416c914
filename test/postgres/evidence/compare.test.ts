import fc from 'fast-check';
import { compareEvidence } from '../../../src/postgres/evidence/compare';
import type { CatalogObjects, ComparisonCheck, Evidence } from '../../../src/postgres/evidence/evidence';
import { evidenceOf } from './evidence';

const KINDS = ['table', 'index', 'trigger', 'policy', 'comment', 'role membership', 'kind that nobody knows yet'];
const name = fc.string({ minLength: 1, maxLength: 12 });
const properties = fc.dictionary(
  fc.string({ maxLength: 8 }).map((text) => `p${text}`),
  fc.oneof(name, fc.array(name, { minLength: 1 })),
  { maxKeys: 4 },
);
const objects: fc.Arbitrary<CatalogObjects> = fc.dictionary(
  fc.constantFrom(...KINDS),
  fc.dictionary(
    name,
    properties.map((found) => JSON.stringify(found)),
    { minKeys: 1, maxKeys: 5 },
  ),
  { minKeys: 1 },
);

const compare = (before: Evidence, after: Evidence): ComparisonCheck[] =>
  compareEvidence(before, after, { writtenBeforeStop: {} });
const failed = (checks: ComparisonCheck[]): ComparisonCheck[] => checks.filter(({ outcome }) => outcome === 'failed');
const on18 = (database: Parameters<typeof evidenceOf>[0]) => evidenceOf(database, { serverVersion: '18.4' });

/** Some object of some kind: its kind, its name, and all the others. */
const withOne = objects.chain((all) => {
  const every = Object.entries(all).flatMap(([kind, named]) => Object.keys(named).map((key) => ({ kind, key })));
  return fc.constantFrom(...every).map(({ kind, key }) => {
    const rest = Object.fromEntries(Object.entries(all[kind]).filter(([other]) => other !== key));
    return { all, kind, key, without: { ...all, [kind]: rest } };
  });
});

test('a cluster compared with itself has lost nothing', () => {
  fc.assert(
    fc.property(objects, (all) => {
      expect(failed(compare(evidenceOf({ objects: all }), on18({ objects: all })))).toEqual([]);
    }),
  );
});

test('whatever object is missing, of whatever kind, is named', () => {
  fc.assert(
    fc.property(withOne, ({ all, kind, key, without }) => {
      const found = failed(compare(evidenceOf({ objects: all }), on18({ objects: without })));
      expect(found).toEqual([
        expect.objectContaining({ name: `db: ${kind}`, detail: expect.stringContaining(`missing: ${key}`) }),
      ]);
    }),
  );
});

test('whatever object was not there before is named', () => {
  fc.assert(
    fc.property(withOne, ({ all, kind, key, without }) => {
      const found = failed(compare(evidenceOf({ objects: without }), on18({ objects: all })));
      expect(found).toEqual([
        expect.objectContaining({ name: `db: ${kind}`, detail: expect.stringContaining(`not there before: ${key}`) }),
      ]);
    }),
  );
});

test('whatever property has changed is named', () => {
  fc.assert(
    fc.property(withOne, ({ all, kind, key }) => {
      const harmed = JSON.stringify({ ...JSON.parse(all[kind][key]), harmed: 'yes' });
      const now = { ...all, [kind]: { ...all[kind], [key]: harmed } };
      const found = failed(compare(evidenceOf({ objects: all }), on18({ objects: now })));
      expect(found).toEqual([
        expect.objectContaining({ name: `db: ${kind}`, detail: expect.stringContaining('harmed was nothing, is yes') }),
      ]);
    }),
  );
});

test('a comparison is pure: neither side is changed, and it says the same twice', () => {
  fc.assert(
    fc.property(objects, objects, (old, now) => {
      const [before, after] = [evidenceOf({ objects: old }), on18({ objects: now })];
      const copies = JSON.stringify([before, after]);
      const once = compare(before, after);
      expect(compare(JSON.parse(JSON.stringify(before)) as Evidence, after)).toEqual(once);
      expect(JSON.stringify([before, after])).toBe(copies);
    }),
  );
});

test('a missing table is said once, with the number of its parts', () => {
  const old = {
    table: { 'public.t': '{}' },
    'table column': { 'public.t.a': '{"part of":["table public.t"]}', 'public.t.b': '{"part of":["table public.t"]}' },
    comment: { 'on table column public.t.a': '{"part of":["table column public.t.a"]}' },
  };
  const checks = compare(evidenceOf({ objects: old }), on18({ objects: {} }));
  expect(failed(checks)).toEqual([
    { name: 'db: table', outcome: 'failed', detail: 'missing: public.t (with 3 parts) (1 before, 0 now)' },
  ]);
  expect(checks).toContainEqual({
    name: 'db: comment',
    outcome: 'passed',
    detail: '1 before, 0 now; 1 counted with what they are part of',
  });
});

test('a database that is not there any more is named', () => {
  const checks = compare(evidenceOf(), evidenceOf({}, { databases: [] }));
  expect(failed(checks)).toEqual([
    { name: 'cluster: databases that can be read', outcome: 'failed', detail: 'missing: db' },
  ]);
});

test('optimizer statistics that are gone are named as such, and are no loss', () => {
  const checks = compare(
    evidenceOf({ objects: { 'optimizer statistics': { 'public.t': '{}' } } }),
    on18({ objects: {} }),
  );
  expect(failed(checks)).toEqual([]);
  expect(checks).toContainEqual(
    expect.objectContaining({ outcome: 'not comparable', detail: expect.stringContaining('needs ANALYZE: public.t') }),
  );
});

test('standbys, slots and subscriptions that are gone are named', () => {
  const standbys = [
    { name: 'db2', state: 'streaming', lagBytes: 0 },
    { name: 'db2', state: 'streaming', lagBytes: 0 },
  ];
  const slots = [{ name: 'cdc', kind: 'logical', active: false }];
  const subscriptions = [{ database: 'db', name: 'far', enabled: true }];
  const before = evidenceOf({}, { replication: { standbys, slots, subscriptions } });
  const after = evidenceOf(
    {},
    { replication: { standbys: [standbys[0]], slots: [], subscriptions: [{ ...subscriptions[0], enabled: false }] } },
  );
  expect(failed(compare(before, after)).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
    'cluster: standbys: streaming before and not now: db2 (2 before)',
    'cluster: replication slots: missing: cdc (logical) (1 before)',
    'cluster: subscriptions: enabled before and not now: far of db (1 before)',
  ]);
});
