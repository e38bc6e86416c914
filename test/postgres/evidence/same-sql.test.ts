import { sameSql } from '../../../src/postgres/evidence/same-sql';

const SAME: [string, string][] = [
  ['SELECT t.a, t.b FROM s.t', 'SELECT a,\n  b\n FROM s.t'],
  ['SELECT "T x"."a.b" FROM t', 'SELECT "a.b" FROM t'],
  ['SELECT (t.home).city FROM t', 'SELECT (home).city FROM t'],
  [`XMLSERIALIZE(CONTENT x AS text)`, `XMLSERIALIZE(CONTENT x AS text NO INDENT)`],
  ['SELECT s.a FROM f() s(a, b)', 'SELECT a FROM f() s(a, b, c)'],
];

const DIFFERENT: [string, string][] = [
  ['SELECT a FROM t', 'SELECT b FROM t'],
  ['SELECT t.a FROM t', 'SELECT u.a FROM t'],
  ['SELECT a FROM s.t', 'SELECT a FROM r.t'],
  [`SELECT 'a  b'`, `SELECT 'a b'`],
  [`SELECT 't.a'`, `SELECT 'a'`],
  ['SELECT "a"', 'SELECT "A"'],
  ['(a + b) * c', 'a + b * c'],
  ['a > 1', 'a >= 1'],
  ['a > 1', 'a > 10'],
  ['a > 1.5', 'a > 5'],
  ['SELECT a FROM f() s(a, b, c)', 'SELECT a FROM f() s(a, b)'],
  ['SELECT a FROM f() s(a, b)', 'SELECT a FROM f() s(b, a)'],
  ['CHECK ((a) IN (b, c))', 'CHECK ((a) IN (b, c, d))'],
  ['UNIQUE (a, b)', 'UNIQUE (a, b, c)'],
  [`x = 'NO INDENT'`, `x = ''`],
];

test.each(SAME)('%j says the same as %j', (before, after) => {
  expect(sameSql(before, after)).toBe(true);
});

test.each(DIFFERENT)('%j does not say the same as %j', (before, after) => {
  expect(sameSql(before, after)).toBe(false);
});
