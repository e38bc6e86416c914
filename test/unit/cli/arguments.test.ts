import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setting } from '../../../src/cli/options';
import { startInput, type StartOptions } from '../../../src/cli/start-input';
import { CapturedTerminal, pgpassage } from './captured-terminal';

/** Bad arguments end before anything is connected to, so none of these needs a Temporal service. */
test.each([
  ['frobnicate', /unknown command 'frobnicate'/],
  ['start', /missing required argument 'cluster'/],
  ['start or/ders --to 18', /a cluster's name as in the inventory/],
  ['start orders', /^to: say which version to migrate to, such as --to 18\. Nothing was started\./],
  ['start orders --to 18.1', /a major version, such as 18/],
  ['start orders --to 18 --path 16,x', /a major version, such as 18/],
  ['start orders --to 18 --mode hope', /Allowed choices are auto, copy, clone/],
  ['start orders --to 18 --soak soon', /a length of time, such as 24h, 90m or 2s/],
  ['start orders --to 18 --set work_mem=1', /VERSION:NAME=VALUE/],
  ['start orders --to 18 --standbys-at-once none', /a whole number from 1 on/],
  ['start orders --to 18 --on-alarm panic', /Allowed choices are hold, rollback/],
  ['start orders --input /nowhere.json', /can't read the input from \/nowhere\.json: ENOENT.*Nothing was started/],
  ['plan orders', /^to: say which version/],
  ['preflight orders', /^to: say which version/],
  ['approve orders', /required option '--phase <phase>' not specified/],
  ['approve orders --phase sixteen', /a phase as `pgpassage status` shows it, such as 15-16/],
  ['reject orders --phase 15-16', /required option '--reason <text>'/],
  ['extend orders', /required option '--for <time>'/],
  ['list --limit 0', /a whole number from 1 on/],
  ['report orders --format pdf', /Allowed choices are text, markdown, html, json/],
])('%s is refused with exit code 2 and a sentence', async (line, said) => {
  const { exit, out, err } = await pgpassage(line);
  expect(err).toMatch(said);
  expect(out).toBe('');
  expect(exit).toBe(2);
});

test('finalize asks for the name where somebody is there, and deletes nothing otherwise', async () => {
  const nobody = await pgpassage('finalize orders');
  expect(nobody.err).toMatch(/nobody to ask here: say --yes\. Nothing was deleted/);
  expect(nobody.exit).toBe(2);

  const terminal = new CapturedTerminal(['order']);
  const mistyped = await pgpassage('finalize orders', terminal);
  expect(terminal.questions[0]).toMatch(/nothing can be rolled back\.\nType the cluster's name/);
  expect(mistyped.err).toMatch(/not the name. Nothing was deleted/);
  expect(mistyped.exit).toBe(4);
});

test('help is no error and shows examples', async () => {
  const { exit, out } = await pgpassage('rollback --help');
  expect(out).toMatch(/Examples:\n {2}pgpassage rollback orders/);
  expect(exit).toBe(0);
});

test('with --output json an error is JSON on standard output and a sentence on standard error', async () => {
  for (const line of ['start orders --output json', 'start orders -o json', 'start orders --output=json']) {
    const { out, err } = await pgpassage(line);
    expect(JSON.parse(out)).toEqual({ error: { exit: 2, message: err.trim() } });
  }
  expect(JSON.parse((await pgpassage('approve orders -o json')).out)).toMatchObject({ error: { exit: 2 } });
});

describe('the input of start', () => {
  const plain: StartOptions = { rehearse: true, checksums: true };
  let directory: string;
  beforeAll(() => (directory = mkdtempSync(join(tmpdir(), 'pgp-input-'))));
  afterAll(() => rmSync(directory, { recursive: true }));

  const file = (content: unknown): string => {
    const path = join(directory, 'input.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };

  test('holds what was said and nothing of the defaults', () => {
    expect(startInput('orders', { ...plain, to: 18 })).toEqual({ cluster: 'orders', to: 18 });
    const everything = startInput('orders', {
      to: 18,
      path: [16, 18],
      mode: 'link',
      accept: ['standbys'],
      soak: '48h',
      soakAfterLast: '1h',
      watchEvery: '1m',
      approvalWithin: '7d',
      rehearse: false,
      checksums: false,
      acceptLoss: ['writes-since-15-16'],
      onAlarm: 'rollback',
      set: { 18: { io_method: 'sync' } },
      ignoreWindow: true,
      retainStandby: 'replica2',
      standbysAtOnce: 'all',
    });
    expect(everything).toMatchObject({
      standbys: { retain: 'replica2', atOnce: 'all' },
      rehearse: false,
      checksums: false,
      settings: { 18: { io_method: 'sync' } },
      window: 'ignore',
    });
  });

  test('comes from a file, options winning', () => {
    const input = file({ cluster: 'orders', to: 17, soak: '1h', thresholds: {} });
    expect(startInput('orders', { ...plain, input, to: 18 })).toEqual({
      cluster: 'orders',
      to: 18,
      soak: '1h',
      thresholds: {},
    });
  });

  test.each([
    ['{"to": 18', /can't read the input/],
    [[18], /has to hold one JSON object/],
    [{ cluster: 'stock', to: 18 }, /is for cluster "stock", the command for "orders"/],
    [{ to: 18, soack: '1h' }, /soack/],
    [{ to: '18' }, /^to: /],
  ])('from a file with %j is refused by name', (content, said) => {
    expect(() => startInput('orders', { ...plain, input: file(content) })).toThrow(said);
  });
});

test('settings are collected over several words and versions', () => {
  const one = setting('18:max_parallel_workers=8');
  const two = setting("18:search_path=a=b, 'c'", one);
  expect(setting('17:work_mem=', two)).toEqual({
    17: { work_mem: '' },
    18: { max_parallel_workers: '8', search_path: "a=b, 'c'" },
  });
});
