import { ledger } from '../../../src/migration/ledger';
import type { Finding } from '../../../src/postgres/preflight/check';
import { migrationDocument } from '../../../src/report/migration-document';
import { migrationJson } from '../../../src/report/migration-json';
import { outageSentence } from '../../../src/report/outage';
import { planDocument } from '../../../src/report/plan-document';
import { preflightDocument } from '../../../src/report/preflight-document';
import { render } from '../../../src/report/render';
import { textTable } from '../../../src/report/text-table';
import { bytes, span } from '../../../src/report/wording';
import { gate, NOW, phase, progress } from './sample-progress';

const decision = { kind: 'approved' as const, by: 'ada', at: NOW, note: 'seen', acceptedAlarms: ['cpu'] };
const full = progress({
  phases: [
    phase({
      gate: gate({ decision, raised: ['cpu'] }),
      differences: [{ check: 'rows', object: 'public.orders', seen: '3 rows fewer', action: 'look' }],
    }),
  ],
});

test.each(['text', 'markdown', 'html'] as const)('the report as %s holds all that was decided and why', (format) => {
  const report = render(migrationDocument(full), format).replace(/\\([_*])/g, '$1');
  for (const told of [
    'running: 16 serves',
    'approved by ada',
    '2026-03-01 12:00:00 UTC',
    '3f2a9c01',
    'The outage took 2.13 s; predicted were 2.00 s.',
    'public.orders',
    '3 rows fewer',
    'promote_trigger_file',
    'md5-passwords',
    'Rollback ledger',
    'writes-since-15-16',
    'Point of no return',
    '/backups/upgrade_15_to_16_20260301110000',
    '42 passed, 0 failed',
    'dora paused the migration',
  ]) {
    expect(report).toContain(told);
  }
});

test('JSON adds the sentence on the outage and the sum of the checks to the progress', () => {
  const json = migrationJson(full);
  expect(json).toMatchObject({ outcome: 'running', checks: { passed: 42, failed: 0 } });
  expect(json.phases[0].outage).toMatch(/^The outage took/);
});

test.each([
  [undefined, undefined, ''],
  [2_000, undefined, 'The predicted outage is 2.00 s.'],
  [undefined, 2_000, 'The outage took 2.00 s. It was not predicted: there was no rehearsal.'],
  [2_000, 2_400, 'The outage took 2.40 s; predicted were 2.00 s.'],
  [2_000, 2_500, /The prediction was missed: the outage was 25 % longer than predicted, more than a fifth\.$/],
  [2_000, 1_000, /The prediction was missed: the outage was 50 % shorter/],
])('an outage predicted at %p ms and measured at %p ms is told', (predictedOutageMs, outageMs, said) => {
  expect(outageSentence({ predictedOutageMs, outageMs })).toMatch(said || /^$/);
});

describe('names that mean something to a format', () => {
  const evil = `<script>alert("1")</script> & 'x' | *b* _i_ \`c\` [l](u)\nnew`;
  const document = migrationDocument(
    progress({ status: evil, log: [{ at: NOW, text: evil }], phases: [phase({ why: evil, name: '"><b>' })] }),
  );

  test('are text in HTML, which loads and runs nothing', () => {
    const html = render(document, 'html');
    expect(html).not.toMatch(/<script|<b>|alert\("/);
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;');
    expect(html).toContain(`content="default-src 'none'`);
    expect(html).not.toMatch(/\b(src|href)="(?!#)/);
  });
  test('are text in Markdown, on one line', () => {
    const markdown = render(document, 'markdown');
    expect(markdown).toContain(
      '\\<script\\>alert("1")\\</script\\> & \'x\' \\| \\*b\\* \\_i\\_ \\`c\\` \\[l\\](u) new',
    );
  });
});

test('HTML has one main heading, levels without gaps, captions and scoped headers', () => {
  const html = render(migrationDocument(full), 'html');
  const levels = [...html.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  levels.forEach((level, index) => expect(level).toBeLessThanOrEqual((levels[index - 1] ?? 0) + 1));
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(html.match(/<table>/g)!.length).toBe(html.match(/<caption>/g)!.length);
  expect(html).not.toContain('<th>');
  expect(html).toContain('<html lang="en">');
});

const finding: Finding = {
  check: 'views-on-renamed-columns',
  severity: 'blocker',
  effect: 'ends the upgrade',
  object: 'public.v_stats',
  database: 'shop',
  seen: 'it reads buffers_backend',
  action: 'drop the view',
  judgement: true,
};

test('a pre-flight tells blockers with what to do and how to accept them', () => {
  const results = [{ from: 15, to: 16, passed: 30, warnings: [], blockers: [finding] }];
  const text = render(preflightDocument({ cluster: 'orders', from: 15, results }), 'text', 100);
  expect(text).toMatch(/Pre-flight of orders: 15 → 16\n=+\n\nBlocked: 1 blocker, 0 warnings\. Nothing was changed\./);
  expect(text).toMatch(
    /views-on-renamed-columns: public\.v_stats\n +database: +shop\n +seen: +it reads buffers_backend/,
  );
  expect(text).toContain('--accept views-on-renamed-columns, once a person has judged it');
});

const change = { name: 'promote_trigger_file', kind: 'removed', before: '/tmp/promote', reason: 'gone in 16' } as const;

test('a plan tells phases, modes, ways back and the window', () => {
  const text = render(
    planDocument({
      cluster: 'orders',
      host: 'db1',
      serverVersion: '15.9',
      hops: [
        {
          from: 15,
          to: 16,
          phase: '15-16',
          mode: 'link',
          why: 'no reflinks',
          ledger: ledger('15-16', 'link'),
          packages: 'already there',
          configuration: { from: 15, changes: [{ ...change, from: 'postgresql.conf:3' }] },
        },
      ],
      preflight: [{ from: 15, to: 16, passed: 30, warnings: [], blockers: [] }],
      clients: 'PgBouncer 127.0.0.1:6432 is paused',
      window: { opensAt: NOW, closesAt: NOW + 1_000 },
    }),
    'text',
    100,
  );
  expect(text).toMatch(
    /15\.9 → 16[^]*Nothing stands in the way[^]*6432 is paused[^]*2026-03-01 12:00:00 UTC to[^]*no reflinks[^]*promote_trigger_file[^]*gone in 16[^]*restore 15 from/,
  );
});

test('lengths of time and amounts are said as people say them', () => {
  expect([850, 2_130, 12_000, 245_000, 23.2 * 3_600_000, 51 * 3_600_000].map(span)).toEqual([
    '850 ms',
    '2.13 s',
    '12.0 s',
    '4 min 05 s',
    '23 h 12 min',
    '2 d 3 h',
  ]);
  expect([0, 512, 1_536, 5 * 1024 ** 3].map(bytes)).toEqual(['0 B', '512 B', '1.5 KiB', '5.0 GiB']);
});

test('a table fits its width and loses nothing', () => {
  const path = '/var/lib/postgresql/backups/upgrade_15_to_16';
  const table = textTable(['file', 'what'], [[path, 'a sentence that is rather long for so narrow a terminal']], 50);
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(50);
  expect(table.replace(/[^/\w]/g, '')).toContain('var');
  expect(table).toContain('narrow');
});
