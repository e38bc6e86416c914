import { createServer, type SandboxServer } from '../../../sandbox/postgres-server';
import { temporaryRoot } from '../../../sandbox/temporary-root';
import type { Mode } from '../../../src/migration/input';
import type { Cluster } from '../../../src/postgres/cluster';
import { withSql } from '../../../src/postgres/connection';
import { stopServer } from '../../../src/postgres/service';
import { takeBackup } from '../../../src/postgres/upgrade/backup';
import { openPhase } from '../../../src/postgres/upgrade/open-phase';
import { outage } from '../../../src/postgres/upgrade/outage';
import type { PhaseRecord } from '../../../src/postgres/upgrade/phase-files';
import { rehearse } from '../../../src/postgres/upgrade/rehearsal';
import { rollBack } from '../../../src/postgres/upgrade/rollback';
import { prepareTarget } from '../../../src/postgres/upgrade/target';
import { lookAt, runningVersions } from '../../../src/postgres/upgrade/world';
import { clusterOf } from '../../support/cluster';
import { runJobs } from '../../support/run-job';

let server: SandboxServer;
let cluster: Cluster;
let root: Awaited<ReturnType<typeof temporaryRoot>>;

beforeEach(async () => {
  root = await temporaryRoot();
  server = await createServer({ version: 16, root: root.path });
  await server.start();
  await server.psql('create table kept (n int primary key); insert into kept select generate_series(1, 1000)');
  cluster = await clusterOf(server);
});

afterEach(async () => {
  for (const version of await runningVersions(cluster)) await stopServer(cluster, version);
  await root.remove();
});

async function prepared(mode: Mode): Promise<{ directory: string; record: PhaseRecord }> {
  const directory = `${cluster.entry.backupDirectory}/upgrade_16_to_17_20260101000000`;
  const record = await openPhase(cluster, directory, {
    from: 16,
    to: 17,
    mode,
    migration: 'test',
    startedAt: '2026-01-01T00:00:00.000Z',
  });
  await takeBackup(cluster, directory, record, 'backup', runJobs(cluster.host));
  await prepareTarget(cluster, directory, record, {});
  return { directory, record };
}

const rows = () =>
  withSql(cluster, {}, async (sql) =>
    Number((await sql.query<{ n: string }>('select count(*) as n from public.kept'))[0].n),
  );
const write = (n: number) => withSql(cluster, {}, (sql) => sql.query('insert into public.kept values ($1)', [n]));

describe.each(['copy', 'link'] as const)('in mode %s', (mode) => {
  test('the phase is rehearsed, upgraded, and rolled back: writes up to the stop are there, later ones are named and gone', async () => {
    const { directory, record } = await prepared(mode);
    const run = runJobs(cluster.host);
    const rehearsal = await rehearse(cluster, directory, record, 'rehearsal', run);
    expect(rehearsal.outageMs).toBeGreaterThan(100);
    await write(1001); // after the backup: only the WAL that was kept holds it
    const result = await outage(cluster, directory, record, 'outage', run);
    expect(result.outageMs).toBeGreaterThan(100);
    expect(await rows()).toBe(1001);
    await write(1002);
    await expect(rollBack(cluster, directory, record, false, 'refused', run)).rejects.toThrow('writes-since-16-17');
    expect((await lookAt(cluster, 17)).running).toBe(true);
    const back = await rollBack(cluster, directory, record, true, 'back', run);
    expect(back).toMatchObject({ version: 16, short: false });
    expect(await rows()).toBe(1001);
    expect(await runningVersions(cluster)).toEqual([16]);
  });
});
