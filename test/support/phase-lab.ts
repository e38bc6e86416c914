import { createServer, type SandboxServer } from '../../sandbox/postgres-server';
import type { MajorVersion } from '../../sandbox/parts';
import { temporaryRoot, type TemporaryRoot } from '../../sandbox/temporary-root';
import { SshHost } from '../../src/hosts/ssh-host';
import type { Mode } from '../../src/migration/input';
import { phaseStamp } from '../../src/migration/phase';
import type { Cluster } from '../../src/postgres/cluster';
import { withSql } from '../../src/postgres/connection';
import { stopServer } from '../../src/postgres/service';
import { takeBackup } from '../../src/postgres/upgrade/backup';
import type { RunJob } from '../../src/postgres/upgrade/jobs';
import { openPhase } from '../../src/postgres/upgrade/open-phase';
import type { PhaseRecord } from '../../src/postgres/upgrade/phase-files';
import { prepareTarget } from '../../src/postgres/upgrade/target';
import { runningVersions } from '../../src/postgres/upgrade/world';
import { clusterOf } from './cluster';
import { runJobs } from './run-job';
import type { Sshd } from './sshd';

/** A small real cluster with one table, and a phase of it that is carried out step by step, without Temporal. */
export class PhaseLab {
  private constructor(
    readonly root: TemporaryRoot,
    readonly server: SandboxServer,
    readonly cluster: Cluster,
    readonly run: RunJob,
  ) {}

  /** On this machine itself, or reached by SSH. */
  static async start(version: MajorVersion, sshd?: Sshd): Promise<PhaseLab> {
    const root = await temporaryRoot();
    const server = await createServer({ version, root: root.path });
    await server.start();
    await server.psql('create table kept (n int primary key); insert into kept select generate_series(1, 1000)');
    const host = sshd && new SshHost(sshd.settings(), `${root.path}/work`);
    const cluster = await clusterOf(server, {}, host);
    return new PhaseLab(root, server, cluster, runJobs(cluster.host));
  }

  /** Everything up to the stop: record, rollback.sh, verified backup, prepared target. */
  async prepared(
    from: number,
    to: number,
    mode: Mode,
    startedAt = '2026-01-01T00:00:00.000Z',
  ): Promise<{ directory: string; record: PhaseRecord }> {
    const stamp = phaseStamp(startedAt);
    const directory = `${this.cluster.entry.backupDirectory}/upgrade_${from}_to_${to}_${stamp}`;
    const record = await openPhase(this.cluster, directory, { from, to, mode, migration: 'test', startedAt });
    await takeBackup(this.cluster, directory, record, `backup-${stamp}`, this.run);
    await prepareTarget(this.cluster, directory, record, {});
    return { directory, record };
  }

  rows(): Promise<number> {
    return withSql(this.cluster, {}, async (sql) =>
      Number((await sql.query<{ n: string }>('select count(*) as n from public.kept'))[0].n),
    );
  }

  async write(n: number): Promise<void> {
    await withSql(this.cluster, {}, (sql) => sql.query('insert into public.kept values ($1)', [n]));
  }

  serving(): Promise<number[]> {
    return runningVersions(this.cluster);
  }

  async stop(): Promise<void> {
    for (const version of await this.serving()) await stopServer(this.cluster, version);
    await this.root.remove();
  }
}
