import type { Difference } from '../../../src/postgres/evidence/difference';
import { type Passage, legitimateReason } from '../../../src/postgres/evidence/legitimate';

const passage = (from: number, to: number, values: Partial<Passage> = {}): Passage => ({
  from,
  to,
  columnsBefore: new Set(),
  columnsAfter: new Set(),
  updatedExtensions: new Set(),
  bootstrapSuperuser: 'postgres',
  ...values,
});

const changed = (
  kind: string,
  property: string,
  before: string | string[] | undefined,
  after: string | string[] | undefined,
  more: Difference['after'] = {},
): Difference => ({
  what: 'changed',
  kind,
  name: 'x',
  property,
  before: { ...more, [property]: before },
  after: { ...more, [property]: after },
});
const unexpected = (kind: string, after: Difference['after'], name = 'x'): Difference => ({
  what: 'unexpected',
  kind,
  name,
  before: {},
  after,
});
const missing = (kind: string, before: Difference['before']): Difference => ({
  what: 'missing',
  kind,
  name: 'x',
  before,
  after: {},
});

const notNull = unexpected('table constraint', { contype: 'n' });
const unlogged = changed('table', 'relpersistence', 'u', 'p', { relkind: 'p' });
const grantor = changed('role membership', 'grantor', 'app', 'postgres');
const maintain = changed('initial privileges', 'initprivs', ['+a:r/a'], ['+a:m/a', '+a:r/a']);

/** What differs, and the way on which it legitimately does. */
const LEGITIMATE: [string, Difference, Passage][] = [
  ['NOT NULL as a constraint', notNull, passage(17, 18)],
  ['NOT NULL as a constraint, over more than one version', notNull, passage(15, 18)],
  ['NOT NULL of a domain', unexpected('domain constraint', { contype: 'n' }), passage(16, 17)],
  ['an unlogged partitioned table', unlogged, passage(15, 18)],
  ['a membership granted by the bootstrap superuser', grantor, passage(15, 16)],
  ['MAINTAIN in the initial privileges', maintain, passage(16, 17)],
  [
    'a property of a new version',
    changed('table constraint', 'conenforced', undefined, 'true'),
    passage(17, 18, { columnsAfter: new Set(['conenforced']) }),
  ],
  [
    'an object of an updated extension',
    missing('function', { extension: 'hstore' }),
    passage(15, 16, { updatedExtensions: new Set(['hstore']) }),
  ],
  [
    'another way to write the same',
    changed('rule', 'rule_sql', 'SELECT t.a FROM t', 'SELECT a FROM t'),
    passage(15, 16),
  ],
  ['schema public, once dropped', unexpected('schema', {}, 'public'), passage(15, 16)],
];

test.each(LEGITIMATE)('%s is legitimate', (_, difference, way) => {
  expect(legitimateReason(difference, way)).toEqual(expect.any(String));
});

test('a renamed column is legitimate as long as its value is the same', () => {
  const renamed = (after: string): Difference => ({
    what: 'changed',
    kind: 'database',
    name: 'x',
    property: 'daticulocale',
    before: { daticulocale: 'de' },
    after: { datlocale: after },
  });
  expect(legitimateReason(renamed('de'), passage(16, 17))).toEqual(expect.any(String));
  expect(legitimateReason(renamed('fr'), passage(16, 17))).toBeUndefined();
});

/** The same, or almost, where it is a loss. */
const LOSSES: [string, Difference, Passage][] = [
  ['a NOT NULL constraint, on a way that does not pass 18', notNull, passage(15, 17)],
  ['a NOT NULL constraint, on a way that began at 18', notNull, passage(18, 18)],
  ['a check constraint that is new', unexpected('table constraint', { contype: 'c' }), passage(17, 18)],
  ['a NOT NULL constraint that is missing', missing('table constraint', { contype: 'n' }), passage(17, 18)],
  [
    'a logged table that has become unlogged',
    changed('table', 'relpersistence', 'p', 'u', { relkind: 'p' }),
    passage(15, 18),
  ],
  [
    'an unlogged table that is no partitioned one',
    changed('table', 'relpersistence', 'u', 'p', { relkind: 'r' }),
    passage(15, 18),
  ],
  ['a membership granted by somebody else', changed('role membership', 'grantor', 'app', 'other'), passage(15, 16)],
  [
    'a membership that has lost its option',
    changed('role membership', 'admin_option', 'true', undefined),
    passage(15, 16),
  ],
  [
    'an initial privilege that is gone',
    changed('initial privileges', 'initprivs', ['+a:r/a'], ['+a:m/a']),
    passage(16, 17),
  ],
  [
    'a property that both versions have',
    changed('x', 'relacl', undefined, 'y'),
    passage(17, 18, { columnsBefore: new Set(['relacl']), columnsAfter: new Set(['relacl']) }),
  ],
  [
    'a property that only the old version has',
    changed('x', 'old', 'y', undefined),
    passage(17, 18, { columnsBefore: new Set(['old']) }),
  ],
  [
    'an object of an extension that was not updated',
    missing('function', { extension: 'ltree' }),
    passage(15, 16, { updatedExtensions: new Set(['hstore']) }),
  ],
  ['an object of no extension', missing('function', {}), passage(15, 16, { updatedExtensions: new Set(['hstore']) })],
  ['other SQL', changed('rule', 'rule_sql', 'SELECT t.a FROM t', 'SELECT b FROM t'), passage(15, 16)],
  [
    'a function body that says the same in other words',
    changed('function', 'prosrc', 'SELECT t.a', 'SELECT a'),
    passage(15, 16),
  ],
  ['an owner', changed('type', 'typowner', 'app', 'postgres', { typtype: 'r' }), passage(15, 16)],
  [
    'a foreign key that others inherit',
    changed('table constraint', 'connoinherit', undefined, 'true', { contype: 'c' }),
    passage(15, 16),
  ],
];

test.each(LOSSES)('%s is a loss', (_, difference, way) => {
  expect(legitimateReason(difference, way)).toBeUndefined();
});
