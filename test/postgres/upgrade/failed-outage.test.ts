import { readFileSync } from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { inspectJob, jobDirectory, startJob } from '../../../src/hosts/durable-job';
import { output } from '../../../src/hosts/host';
import { layout } from '../../../src/postgres/cluster';
import { withSql } from '../../../src/postgres/connection';
import { outage, OutageRolledBack, ServiceDown } from '../../../src/postgres/upgrade/outage';
import { rehearse, RehearsalFailed } from '../../../src/postgres/upgrade/rehearsal';
import { rollBack } from '../../../src/postgres/upgrade/rollback';
import { discardTarget, prepareTarget } from '../../../src/postgres/upgrade/target';
import { PhaseLab } from '../../support/phase-lab';

let lab: PhaseLab;
beforeEach(async () => {
  lab = await PhaseLab.start(16);
});
afterEach(() => lab.stop());

/** pg_upgrade --check passes over it, and the real run ends on it after the stop. */
const plantTrap = () =>
  withSql(lab.cluster, {}, (sql) =>
    sql.query('create view public.trap as select buffers_backend from pg_stat_bgwriter'),
  );

describe.each(['copy', 'link'] as const)('in mode %s', (mode) => {
  test('pg_upgrade that fails after the stop: the same job puts the old server back, and a later attempt succeeds', async () => {
    const { directory, record } = await lab.prepared(16, 17, mode);
    await plantTrap();
    const failed = await outage(lab.cluster, directory, record, 'outage', lab.run).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(OutageRolledBack);
    expect((failed as Error).message).toContain('buffers_backend');
    expect(await lab.serving()).toEqual([16]);
    expect(await lab.rows()).toBe(1000);
    await discardTarget(lab.cluster, directory, record);
    await discardTarget(lab.cluster, directory, record);
    await withSql(lab.cluster, {}, (sql) => sql.query('drop view public.trap'));
    await prepareTarget(lab.cluster, directory, record, {});
    await outage(lab.cluster, directory, record, 'outage-2', lab.run);
    expect(await lab.serving()).toEqual([17]);
    expect(await lab.rows()).toBe(1000);
  });

  test('a new server that does not start: the old one serves again', async () => {
    const { directory, record } = await lab.prepared(16, 17, mode);
    // Read at the server's own start, but not by pg_upgrade, which starts it under another hba file.
    const conf = `${layout(lab.cluster, 17).configDirectory}/pg_hba.conf`;
    await output(lab.cluster.host, {
      argv: ['sh', '-c', 'echo nonsense >"$1"', 'sh', conf],
      user: lab.cluster.entry.osUser,
    });
    await expect(outage(lab.cluster, directory, record, 'outage', lab.run)).rejects.toBeInstanceOf(OutageRolledBack);
    expect(await lab.serving()).toEqual([16]);
    expect(await lab.rows()).toBe(1000);
  });

  test('a job that is killed while pg_upgrade runs: no server runs, and the rollback brings the old one back with every row', async () => {
    const { directory, record } = await lab.prepared(16, 17, mode);
    await lab.write(1001);
    const killing = killOnce(lab, 'outage', 'upgrade');
    await expect(outage(lab.cluster, directory, record, 'outage', lab.run)).rejects.toBeInstanceOf(ServiceDown);
    await killing;
    expect(await rollBack(lab.cluster, directory, record, true, 'back', lab.run)).toMatchObject({ version: 16 });
    expect(await lab.serving()).toEqual([16]);
    expect(await lab.rows()).toBe(1001);
  });
});

test('the rehearsal finds on the clone what would have ended the real run, and touches nothing of the real cluster', async () => {
  await plantTrap();
  const { directory, record } = await lab.prepared(16, 17, 'copy');
  const failed = await rehearse(lab.cluster, directory, record, 'rehearsal', lab.run).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(RehearsalFailed);
  expect((failed as Error).message).toContain('buffers_backend');
  expect(await lab.serving()).toEqual([16]);
  expect(await lab.rows()).toBe(1000);
});

test('a target directory that is not ours is left as it is', async () => {
  const target = layout(lab.cluster, 17).dataDirectory;
  await output(lab.cluster.host, {
    argv: ['sh', '-c', 'mkdir -p "$1" && echo theirs >"$1/file"', 'sh', target],
    user: lab.cluster.entry.osUser,
  });
  await expect(lab.prepared(16, 17, 'copy')).rejects.toThrow(
    `${target} is not empty and was not made by this migration`,
  );
  expect(readFileSync(`${target}/file`, 'utf8')).toBe('theirs\n');
});

/** Kills the job's whole session once it has printed the mark, as a reboot in its middle would. */
async function killOnce(lab: PhaseLab, id: string, mark: string): Promise<void> {
  const { host } = lab.cluster;
  for (;;) {
    const status = await inspectJob(host, { id });
    if (status.state === 'running' && status.output.includes(`@ ${mark} `)) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const pid = readFileSync(`${jobDirectory(host, { id })}/pid`, 'utf8').split(' ')[0];
  execFileSync('pkill', ['-KILL', '-s', pid]);
  // What pg_upgrade started has a session of its own; a reboot ends it too.
  spawnSync('pkill', ['-KILL', '-f', `postgres.*-D ${lab.root.path}`]);
}

test('a job of the same name is attached to, not started again', async () => {
  const job = { id: 'same', script: 'echo one' };
  await startJob(lab.cluster.host, job);
  await startJob(lab.cluster.host, { ...job, script: 'echo two' });
  const end = await lab.run({ ...job, script: 'echo three' });
  expect(end.output).toBe('one\n');
});
