import { MockActivityEnvironment } from '@temporalio/testing';
import { createServer, openServer, type SandboxServer } from '../../sandbox/postgres-server';
import type { MajorVersion } from '../../sandbox/parts';
import { createStandby, type StandbyOptions } from '../../sandbox/standby';
import { stopServers } from '../../sandbox/stop-servers';
import { temporaryRoot, type TemporaryRoot } from '../../sandbox/temporary-root';
import { run } from '../../sandbox/command';
import { asUser } from '../../sandbox/os-user';
import { createActivities, type Activities } from '../../src/activities';
import type { Mode } from '../../src/migration/input';
import { phaseStamp, type PhaseRef } from '../../src/migration/phase';
import type { Cluster } from '../../src/postgres/cluster';
import { clusterOf, type EntryOverrides } from './cluster';

/** A real primary with standbys on this machine, each with port and paths of its own, and phases run activity by activity. */
export class StandbyLab {
  private constructor(
    readonly root: TemporaryRoot,
    readonly server: SandboxServer,
    readonly standbys: SandboxServer[],
    readonly cluster: Cluster,
    readonly activities: Activities,
  ) {}

  static async start(options: {
    version: MajorVersion;
    standbys: StandbyOptions[];
    settings?: Record<string, string>;
    /** One tablespace, which each standby has below its own root. */
    tablespace?: boolean;
  }): Promise<StandbyLab> {
    const root = await temporaryRoot();
    const server = await createServer({ version: options.version, root: root.path, settings: options.settings });
    await server.start();
    const standbys: SandboxServer[] = [];
    const location = `${root.path}/space`;
    if (options.tablespace) {
      await run(asUser(server.osUser, ['mkdir', '-m', '700', location]));
      await server.psql(`create tablespace space location '${location}'`);
    }
    for (const each of options.standbys) {
      const tablespaces = options.tablespace ? { [location]: `${root.path}/${each.name}/space` } : {};
      standbys.push(await createStandby(server, { ...each, tablespaces }));
    }
    const where = options.tablespace ? 'tablespace space' : '';
    await server.psql(
      `create table kept (n int primary key) ${where}; insert into kept select generate_series(1, 1000)`,
    );
    const cluster = await clusterOf(server, {
      standbys: options.standbys.map((each, n) => entryOf(each, standbys[n])),
    });
    return new StandbyLab(root, server, standbys, cluster, createActivities({ get: () => cluster }));
  }

  get names(): string[] {
    return this.cluster.standbys.map(({ standby }) => standby);
  }

  call<K extends keyof Activities>(
    name: K,
    input: Parameters<Activities[K]>[0],
  ): Promise<Awaited<ReturnType<Activities[K]>>> {
    const activity = this.activities[name] as unknown as (
      input: Parameters<Activities[K]>[0],
    ) => Promise<Awaited<ReturnType<Activities[K]>>>;
    return new MockActivityEnvironment().run(activity, input);
  }

  /** Everything up to the stop. */
  async prepared(
    from: number,
    to: number,
    mode: Mode,
    options: { retain?: string; day?: number; settings?: Record<string, string> } = {},
  ): Promise<PhaseRef> {
    const startedAt = `2026-01-0${options.day ?? 1}T00:00:00.000Z`;
    const name = `upgrade_${from}_to_${to}_${phaseStamp(startedAt)}`;
    const migration = `lab${options.day ?? 1}`;
    const beginning = { from, to, mode, migration, startedAt, standbys: this.names, retain: options.retain };
    const { directory } = await this.call('openPhase', { cluster: 'test', name, ...beginning });
    const phase: PhaseRef = { cluster: 'test', migration, from, to, directory };
    const settings = options.settings ?? {};
    await this.call('takeBackup', phase);
    await this.call('prepareTarget', { phase, settings });
    for (const standby of this.names) await this.call('prepareStandby', { phase, standby, settings });
    return phase;
  }

  /** The outage, and what follows it up to the rebuild of the standbys. */
  async upgraded(
    from: number,
    to: number,
    mode: Mode,
    options: Parameters<StandbyLab['prepared']>[3] = {},
  ): Promise<PhaseRef> {
    const phase = await this.prepared(from, to, mode, options);
    await this.call('outage', phase);
    await this.call('putBackForgotten', phase);
    for (const standby of this.names) await this.call('stopStandby', { phase, standby });
    return phase;
  }

  /** The server of a version in the primary's place, or in that of a standby. */
  primaryOf(version: number): SandboxServer {
    return this.serverOf(this.server, version);
  }

  standbyOf(name: string, version: number): SandboxServer {
    return this.serverOf(this.standbys[this.names.indexOf(name)], version);
  }

  private serverOf(server: SandboxServer, version: number): SandboxServer {
    const dataDirectory = `${server.root}/${version}/main`;
    return openServer({ ...server, version: version as MajorVersion, dataDirectory });
  }

  /** Rows of the table on one server. */
  async rows(server: SandboxServer): Promise<number> {
    return Number(await server.psql('select count(*) from kept'));
  }

  /** Writes a row on the primary and waits until the standby shows it. */
  async arrives(version: number, name: string, n: number): Promise<void> {
    await this.primaryOf(version).psql(`insert into kept values (${n})`);
    const deadline = Date.now() + 20_000;
    while ((await this.standbyOf(name, version).psql(`select count(*) from kept where n = ${n}`)) !== '1') {
      if (Date.now() > deadline) throw new Error(`row ${n} did not arrive at ${name} within 20 s`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Names of the standbys that stream from the primary. */
  async streaming(version: number): Promise<string> {
    return this.primaryOf(version).psql(
      `select string_agg(application_name, ' ' order by application_name) from pg_stat_replication where state = 'streaming'`,
    );
  }

  async stop(): Promise<void> {
    await stopServers(this.root.path);
    await this.root.remove();
  }
}

function entryOf(
  { name }: StandbyOptions,
  { root, port }: SandboxServer,
): NonNullable<EntryOverrides['standbys']>[number] {
  return { host: 'here', name, port, dataDirectory: `${root}/{version}/main`, logFile: `${root}/{version}.log` };
}
