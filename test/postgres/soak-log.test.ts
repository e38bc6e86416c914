import { appendFile, rename, truncate, writeFile } from 'node:fs/promises';
import { serverUser } from '../../sandbox/os-user';
import { type TemporaryRoot, temporaryRoot } from '../../sandbox/temporary-root';
import { LocalHost } from '../../src/hosts/local-host';
import type { Cluster } from '../../src/postgres/cluster';
import { logFile, readLog, type LogLook } from '../../src/postgres/soak-log';

let root: TemporaryRoot;
let cluster: Cluster;
let file: string;
const START = Date.UTC(2026, 0, 1, 10, 0);

beforeAll(async () => {
  root = await temporaryRoot();
  cluster = { host: new LocalHost('here', root.path), entry: { osUser: serverUser().name } } as Cluster;
});

afterAll(() => root.remove());

beforeEach(async () => {
  file = `${root.path}/${expect.getState().currentTestName!.replaceAll(/\W/g, '-').slice(0, 40)}`;
  await writeFile(file, line('09:59', 'ERROR'));
});

const line = (time: string, severity: string, text = 'division by zero'): string =>
  `2026-01-01 ${time}:12.345 UTC [42] app@shop ${severity}:  ${text}\n`;

/** Looks at 10:00 and some minutes. */
function lookAt(minutes: number, before?: LogLook, path = file): Promise<LogLook> {
  const at = START + minutes * 60_000;
  return readLog(
    cluster,
    { file: path, minute: new Date(at).toISOString().slice(0, 16).replace('T', ' '), at },
    before?.cursor,
  );
}

test('the worst minute counts, however often one looks', async () => {
  const first = await lookAt(0);
  expect(first.measured.value).toBe(0);
  await appendFile(file, line('10:01', 'ERROR').repeat(6) + line('10:02', 'FATAL') + line('10:02', 'LOG'));
  const rare = await lookAt(3, first);
  expect(rare.measured).toEqual({ value: 6, detail: `6 errors a minute at 2026-01-01 10:01 in ${file}` });
  await appendFile(file, line('10:03', 'ERROR').repeat(7));
  const often = await lookAt(3, rare);
  await appendFile(file, line('10:03', 'PANIC').repeat(5));
  const again = await lookAt(3, often);
  expect([often.measured.value, again.measured.value]).toEqual([7, 12]);
  expect((await lookAt(3, again)).measured.value).toBe(12);
  expect((await lookAt(4, again)).measured.value).toBe(0);
});

test('a line that has no end yet waits for the next look', async () => {
  const first = await lookAt(0);
  const [start, end] = [line('10:00', 'ERROR').slice(0, 40), line('10:00', 'ERROR').slice(40)];
  await appendFile(file, start);
  const half = await lookAt(0, first);
  await appendFile(file, end);
  const whole = await lookAt(0, half);
  expect([half.measured.value, whole.measured.value]).toEqual([0, 1]);
});

test('only severities count: not words in statements, in lines that go on, or in other messages', async () => {
  const first = await lookAt(0);
  await appendFile(
    file,
    line('10:00', 'LOG', "statement: select 'ERROR:  no'") +
      '\tERROR:  goes on\n' +
      line('10:00', 'STATEMENT', 'select ERROR:  x'),
  );
  expect((await lookAt(0, first)).measured.value).toBe(0);
});

test('a file that is cut short or replaced is read from its beginning, what is older than the last look left out', async () => {
  await appendFile(file, line('09:59', 'LOG'));
  const first = await lookAt(0);
  await truncate(file, 0);
  await appendFile(file, line('10:01', 'ERROR'));
  const cut = await lookAt(1, first);
  await rename(file, `${file}.1`);
  await writeFile(file, line('08:00', 'ERROR').repeat(50) + line('10:02', 'ERROR').repeat(2));
  const replaced = await lookAt(2, cut);
  const other = `${file}.other`;
  await writeFile(other, line('10:02', 'ERROR').repeat(3));
  const moved = await lookAt(2, replaced, other);
  expect([cut, replaced, moved].map((look) => look.measured.value)).toEqual([1, 2, 5]);
});

test('lines without a time are spread over the time since the look before', async () => {
  const first = await lookAt(0);
  await appendFile(file, 'ERROR:  division by zero\n'.repeat(20));
  expect((await lookAt(5, first)).measured.value).toBe(4);
});

test.each([
  [
    'csv',
    '2026-01-01 10:00:12.345 UTC,"app","shop",42,"[local]",69,1,"SELECT",2026-01-01 09:00:00 UTC,3/4,0,ERROR,22012,"division by zero",,,,,,"select 1/0",,,"psql","client backend",,0\n',
  ],
  [
    'json',
    '{"timestamp":"2026-01-01 10:00:12.345 UTC","user":"app","pid":42,"error_severity":"ERROR","state_code":"22012","message":"division by zero"}\n',
  ],
])('%s logs', async (_, text) => {
  const first = await lookAt(0);
  await appendFile(file, text.repeat(3) + text.replace('ERROR', 'LOG'));
  expect((await lookAt(0, first)).measured.value).toBe(3);
});

test('of a log that grows by gigabytes the newest part is read, quickly', async () => {
  const first = await lookAt(0);
  await appendFile(file, line('10:00', 'LOG', 'x'.repeat(90)).repeat(400_000) + line('10:00', 'ERROR').repeat(11));
  const start = performance.now();
  expect((await lookAt(0, first)).measured.value).toBe(11);
  expect(performance.now() - start).toBeLessThan(1_500);
});

test('no file, another language and syslog are said to be unwatched', async () => {
  await expect(lookAt(0, undefined, `${file}.none`)).rejects.toThrow(`there is no log file ${file}.none`);
  const settings = { file: null, destination: 'stderr', language: 'en_US.UTF-8', dataDirectory: '/data', minute: '' };
  expect(logFile(settings, '/usual')).toBe('/usual');
  expect(logFile({ ...settings, file: 'log/a.log' }, '/usual')).toBe('/data/log/a.log');
  expect(logFile({ ...settings, file: '/var/log/a.log' }, '/usual')).toBe('/var/log/a.log');
  expect(() => logFile({ ...settings, destination: 'syslog' }, '/usual')).toThrow('log_destination is syslog');
  expect(() => logFile({ ...settings, language: 'de_DE.UTF-8' }, '/usual')).toThrow("lc_messages is 'de_DE.UTF-8'");
});
