import fc from 'fast-check';
import { parse } from 'libpg-query';
import { applyEdits } from '../../../src/ruvector/rewrite/mapped-text';
import { DEFAULT_OPTIONS, type RewriteOptions } from '../../../src/ruvector/rewrite/names';
import { rewriteScript } from '../../../src/ruvector/rewrite/rewrite-script';

/**
 * Random expressions, written once with calls and once, fully parenthesized, with the operators: PostgreSQL's parser has to
 * give the same tree for what the product made of the calls and for what this test wrote by itself.
 */
interface Pair {
  calls: string;
  operators: string;
}

const NAMES: [string, string][] = [
  ['ruvector_l2_distance', '<->'],
  ['Ruvector_Cosine_Distance', '<=>'],
  ['"ruvector_inner_product"', '<#>'],
];
const SPACES = ['', ' ', '\n  ', ' /* ö, ( */ ', ' -- 😀 )\n'];
const LEAVES = [
  'a',
  't.b',
  '$1::ruvector',
  "'[1,2]'::ruvector",
  '-1',
  '(SELECT v FROM w)',
  'x COLLATE "C"',
  'c[1]',
  '(r).f',
];
const INFIX = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '||',
  '<->',
  '<=>',
  '=',
  '<',
  '>=',
  '<>',
  'AND',
  'OR',
  'IS DISTINCT FROM',
  'LIKE',
];
const POSTFIX = ['::text', ' IS NULL', ' IN (1, 2)', ' BETWEEN 1 AND 2', " AT TIME ZONE 'x'", ' COLLATE "C"'];
const PREFIX = ['- ', '@ ', 'NOT '];

const both = (make: (side: keyof Pair) => string): Pair => ({ calls: make('calls'), operators: make('operators') });

/** What is around a generated operand is parenthesized in both forms, so that only the calls' own places are tested. */
const pair: fc.Memo<Pair> = fc.memo((depth) => {
  const leaf = fc.constantFrom(...LEAVES).map((text) => both(() => text));
  if (depth <= 1) return leaf;
  const inner = pair(depth - 1);
  const space = fc.constantFrom(...SPACES);
  const call = fc.tuple(fc.constantFrom(...NAMES), inner, inner, fc.array(space, { minLength: 5, maxLength: 5 }));
  return fc.oneof(
    leaf,
    { weight: 4, arbitrary: call.map(([name, left, right, spaces]) => called(name, left, right, spaces)) },
    fc
      .tuple(fc.constantFrom(...INFIX), inner, inner, space)
      .map(([operator, left, right, gap]) =>
        both((side) => `${grouped(left, side)}${gap} ${operator} ${gap}${grouped(right, side)}`),
      ),
    fc.tuple(fc.constantFrom(...POSTFIX), inner).map(([after, of]) => both((side) => `${grouped(of, side)}${after}`)),
    fc.tuple(fc.constantFrom(...PREFIX), inner).map(([before, of]) => both((side) => `${before}${grouped(of, side)}`)),
    inner.map((of) => both((side) => `CASE WHEN ${of[side]} THEN ${of[side]} ELSE greatest(${of[side]}, 1) END`)),
  );
});

function called([name, operator]: [string, string], left: Pair, right: Pair, s: string[]): Pair {
  return {
    calls: `${name}${s[0]}(${s[1]}${left.calls}${s[2]},${s[3]}${right.calls}${s[4]})`,
    operators: `((${left.operators}) ${operator} (${right.operators}))`,
  };
}

/** A call stands by itself beside its neighbours, which is what is tested; anything else is put in parentheses. */
function grouped(of: Pair, side: keyof Pair): string {
  const isCall = /^"?ruvector_/i.test(of.calls) && of.operators.startsWith('((') && endsItself(of.calls);
  return isCall ? of[side] : `(${of[side]})`;
}

function endsItself(call: string): boolean {
  const text = call.replace(/\/\*.*?\*\/|--[^\n]*\n/gs, '');
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')' && (depth -= 1) === 0) return at === text.length - 1;
  }
  return false;
}

const PLACES = [
  'SELECT # AS d FROM t',
  'SELECT 1 FROM t WHERE # ORDER BY # LIMIT 1',
  'CREATE INDEX ON t ((#))',
  'UPDATE t SET x = #',
];

async function tree(sql: string): Promise<string> {
  const place = /(?:^|_)location$|_(?:start|end)$|^stmt_len$/;
  return JSON.stringify(await parse(sql), (key, value: unknown) => (place.test(key) ? undefined : value));
}

test('every rewritten expression parses to the tree with the calls exchanged', async () => {
  const options: RewriteOptions = { ...DEFAULT_OPTIONS };
  let rewritten = 0;
  await fc.assert(
    fc.asyncProperty(pair(4), fc.constantFrom(...PLACES), async (expression, place) => {
      const before = place.replaceAll('#', () => expression.calls);
      const { edits, calls, problems } = await rewriteScript(before, options);
      expect(problems).toEqual([]);
      rewritten += calls.length;
      const after = applyEdits(before, edits);
      expect(after).not.toMatch(/ruvector_(?:l2|cosine|inner)/i);
      expect(await tree(after)).toBe(await tree(place.replaceAll('#', () => expression.operators)));
      expect((await rewriteScript(after, options)).edits).toEqual([]);
    }),
    { numRuns: 1000 },
  );
  expect(rewritten).toBeGreaterThan(1000);
});
