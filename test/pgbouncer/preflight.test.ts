import { startPgBouncer, type PgBouncerOptions, type SandboxPgBouncer } from '../../sandbox/pgbouncer';
import type { SandboxServer } from '../../sandbox/postgres-server';
import type { PgBouncerEntry } from '../../src/inventory/schema';
import { drainInput } from '../../src/migration/drain';
import { pgbouncer, pgbouncerPools, pgbouncerTimeouts } from '../../src/pgbouncer/checks';
import { checkClients, ClientsWouldFail } from '../../src/pgbouncer/clients';
import { layout, type Cluster } from '../../src/postgres/cluster';
import { clusterOf } from '../support/cluster';
import { connectThrough, entryOf } from '../support/pgbouncer';
import { found, preflight, startServer } from '../postgres/preflight/support';

const CHECKS = [pgbouncer, pgbouncerPools, pgbouncerTimeouts];
let server: SandboxServer;
let end: () => Promise<void>;
let bouncer: SandboxPgBouncer | undefined;
beforeAll(async () => ({ server, end } = await startServer({ version: 16 })));
afterEach(async () => {
  await bouncer?.stop();
  bouncer = undefined;
});
afterAll(() => end());

const start = async (options: PgBouncerOptions = {}) => (bouncer = await startPgBouncer(server, options));
const look = (...entries: PgBouncerEntry[]) =>
  preflight(server, { from: 16, to: 17, checks: CHECKS, entry: { pgbouncer: entries } });

test('a PgBouncer in transaction mode in front of the cluster is no finding, and looking changes nothing', async () => {
  const report = await look(entryOf(await start()));
  expect(report.results.flatMap(({ findings }) => findings).filter(({ severity }) => severity !== 'notice')).toEqual(
    [],
  );
  expect(await bouncer!.paused()).toEqual([]);
});

test('without a password it is reached by its socket as the OS user that runs it', async () => {
  const { socketDirectory: host } = await start();
  expect(
    found(await look(entryOf(bouncer!, { host, user: 'pgbouncer', password: undefined })), 'pgbouncer').filter(
      ({ severity }) => severity === 'blocker',
    ),
  ).toEqual([]);
});

test.each<[string, (bouncer: SandboxPgBouncer) => Partial<PgBouncerEntry>, RegExp]>([
  ['a wrong password', () => ({ password: 'env:PGPASSAGE_WRONG' }), /authentication failed/],
  ['a user who may only look', ({ statsUser }) => ({ user: statsUser }), /admin access needed/],
  ['a port that nobody listens on', () => ({ port: 1 }), /Connection refused/],
])('%s blocks the phase, with what the console said', async (_, entry, said) => {
  process.env.PGPASSAGE_WRONG = 'wrong';
  await start();
  const [finding] = found(await look(entryOf(bouncer!, entry(bouncer!))), 'pgbouncer');
  expect(finding).toMatchObject({ severity: 'blocker', seen: expect.stringMatching(said) });
  expect(finding.judgement).toBeUndefined();
  expect(finding.seen).not.toContain(bouncer!.adminPassword);
});

test('databases that are absent, lead elsewhere, are paused or disabled are named', async () => {
  await start({ databaseLines: ['other = host=127.0.0.1 port=1', 'off = host=127.0.0.1 port=' + server.port] });
  await bouncer!.console('PAUSE postgres');
  await bouncer!.console('DISABLE off');
  const all = found(await look(entryOf(bouncer!)), 'pgbouncer');
  const at = (name: string) => all.find(({ object }) => object === `${name} on PgBouncer 127.0.0.1:${bouncer!.port}`);
  expect(at('other')).toMatchObject({ severity: 'blocker', seen: expect.stringContaining('port 1,') });
  expect(at('postgres')).toMatchObject({ severity: 'blocker', seen: expect.stringContaining('paused') });
  expect(at('off')).toMatchObject({ severity: 'warning', seen: expect.stringContaining('disabled') });
  const listed = found(await look(entryOf(bouncer!, { databases: ['off', 'none'] })), 'pgbouncer');
  expect(listed.find(({ object }) => object.startsWith('none'))).toMatchObject({ severity: 'blocker' });
  expect(listed.some(({ object }) => object.startsWith('other'))).toBe(false);
});

test('session pools: a warning while nobody is there, a blocker that may be accepted with clients in them', async () => {
  await start({ settings: { pool_mode: 'session' } });
  const idle = found(await look(entryOf(bouncer!)), 'pgbouncer-pools');
  expect(idle).toMatchObject([{ severity: 'warning' }]);
  const client = await connectThrough(bouncer!, server);
  const busy = found(await look(entryOf(bouncer!)), 'pgbouncer-pools');
  await client.end();
  expect(busy).toMatchObject([{ severity: 'blocker', judgement: true, seen: expect.stringContaining('1 clients') }]);
});

test('timeouts shorter than drain and outage are named before, and measured against the rehearsal', async () => {
  await start({ settings: { query_wait_timeout: '20', client_login_timeout: '0' } });
  const entry = entryOf(bouncer!);
  const short = found(await look(entry), 'pgbouncer-timeouts');
  expect(short).toMatchObject([
    { severity: 'blocker', judgement: true, object: expect.stringContaining('query_wait_timeout') },
  ]);
  const cluster: Cluster = await clusterOf(server, { pgbouncer: [entry] });
  const check = (deadline: string, predicted: number | undefined, accept: string[] = []) =>
    checkClients(cluster, layout(cluster, 16), drainInput.parse({ deadline }), predicted, accept);
  await expect(check('15s', 6000)).rejects.toThrow(/query_wait_timeout is 20 s.* 21000 ms/);
  await expect(check('15s', 6000)).rejects.toBeInstanceOf(ClientsWouldFail);
  expect(await check('15s', 4000)).toContain('is paused');
  expect(await check('15s', 6000, ['pgbouncer-timeouts'])).toContain('is paused');
  await bouncer!.stop();
  await expect(check('15s', 4000)).rejects.toThrow('Connection refused');
});
