import type { Setting } from '../../../src/postgres/configuration/setting';
import {
  fitValue,
  formatNumber,
  mergeLibraries,
  parseBoolean,
  parseNumber,
  sameValue,
} from '../../../src/postgres/configuration/values';

const setting = (some: Partial<Setting>): Setting => ({
  ...{
    name: 'x',
    vartype: 'string',
    unit: null,
    context: 'user',
    bootValue: null,
    minValue: null,
    maxValue: null,
    enumValues: null,
  },
  ...some,
});

it.each([
  ['t', true],
  ['TRUE', true],
  ['ye', true],
  ['on', true],
  ['1', true],
  ['of', false],
  ['n', false],
  ['o', undefined],
  ['', undefined],
  ['onn', undefined],
])('reads %j as the boolean %j', (text, expected) => expect(parseBoolean(text)).toBe(expected));

it.each([
  ['1GB', '8kB', 131072],
  ['1GB', 'MB', 1024],
  ['128', '8kB', 128],
  ['2min', 's', 120],
  ['1.5h', 'min', 90],
  ['0770', null, 504],
  ['0x1ff', null, 511],
  ['-1', 'ms', -1],
  ['.5', null, 0.5],
  ['1GB', 's', undefined],
  ['many', null, undefined],
])('reads %j of unit %j as %j', (text, unit, expected) => expect(parseNumber(text, unit)).toBe(expected));

it('writes numbers with their unit', () => {
  expect([formatNumber(16384, '8kB'), formatNumber(3, 'min'), formatNumber(5, null)]).toEqual([
    '131072kB',
    '3min',
    '5',
  ]);
});

it('knows values that mean the same', () => {
  expect(sameValue(setting({ vartype: 'bool' }), 'on', 'true')).toBe(true);
  expect(sameValue(setting({ vartype: 'integer', unit: 'kB' }), '4MB', '4096')).toBe(true);
  expect(sameValue(setting({ vartype: 'enum' }), 'Replica', 'replica')).toBe(true);
  expect(sameValue(setting({}), 'A', 'a')).toBe(false);
});

describe('fitting a value to the target', () => {
  const number = setting({ vartype: 'integer', unit: 'kB', minValue: '64', maxValue: '1024' });
  const list = setting({ vartype: 'enum', enumValues: ['on', 'off'] });

  it('brings numbers into the range', () => {
    expect(fitValue(number, number, '4kB')).toMatchObject({ value: '64kB' });
    expect(fitValue(number, number, '1GB')).toMatchObject({ value: '1024kB' });
    expect(fitValue(number, number, '1MB')).toBeUndefined();
    expect(fitValue(number, number, 'some')).toEqual({ reason: 'is a number there' });
  });

  it('gives up a value of an enum only when the target is known to have dropped it', () => {
    expect(
      fitValue(setting({ vartype: 'enum', enumValues: ['on', 'off', 'old'] }), list, 'OLD')?.value,
    ).toBeUndefined();
    expect(fitValue(setting({ vartype: 'enum', enumValues: ['on', 'off', 'old'] }), list, 'OLD')?.reason).toContain(
      'none of its values',
    );
    // Hidden synonyms are in no version's list.
    expect(fitValue(list, list, 'true')).toBeUndefined();
  });

  it('spells out abbreviated booleans where a boolean became a list', () => {
    expect(fitValue(setting({ vartype: 'bool' }), setting({}), 'tr')).toMatchObject({ value: 'on' });
    expect(fitValue(setting({ vartype: 'bool' }), setting({}), 'on')).toBeUndefined();
  });
});

it.each([
  ['pg_stat_statements', 'citus', 'citus, pg_stat_statements'],
  ["'$libdir/citus'", 'citus', "'$libdir/citus'"],
  ['a, "$libdir/b"', 'b.so, c', 'a, "$libdir/b", c'],
  ['', 'a', 'a'],
  ['a,b', '', 'a, b'],
])('merges libraries %j and %j into %j', (kept, added, merged) => {
  expect(mergeLibraries(kept.replaceAll("'", ''), added)).toBe(merged.replaceAll("'", ''));
});
