import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { MajorVersion } from '../../sandbox/parts';
import { createServer, type SandboxServer } from '../../sandbox/postgres-server';
import { ruvectorPostgres, type Flavour } from '../../sandbox/ruvector';
import { temporaryRoot, type TemporaryRoot } from '../../sandbox/temporary-root';
import { createActivities, type Activities } from '../../src/activities';
import type { Cluster } from '../../src/postgres/cluster';
import { clusterOf, type EntryOverrides } from '../support/cluster';

export const DATABASE = 'claude_flow_shared';

/** The access methods of 0.1.0 and 2.0.0. The fixture has the runbook's names. */
export function methods(flavour: Flavour): { old: string; new: string } {
  return flavour.startsWith('fixture') ? { old: 'ruvector_hnsw', new: 'ruvector' } : { old: 'hnsw', new: 'ruhnsw' };
}

/** How much a lab holds. */
export interface LabSize {
  rows: number;
  dimensions: number;
  /** Parameters of the first index. */
  indexOptions?: string;
}

/** A real server with extension `ruvector` 0.1.0 in a database, and pgpassage's activities on it, without Temporal. */
export class RuvectorLab {
  readonly activities: Activities;

  private constructor(
    readonly flavour: Flavour,
    readonly version: MajorVersion,
    readonly root: TemporaryRoot,
    readonly server: SandboxServer,
    readonly cluster: Cluster,
  ) {
    this.activities = createActivities({ get: () => cluster });
  }

  /** @returns the lab, or why it can't be had on this machine. */
  static async start(
    flavour: Flavour,
    version: MajorVersion,
    others: MajorVersion[] = [],
  ): Promise<RuvectorLab | { leftOut: string }> {
    const bins = new Map<MajorVersion, string>();
    for (const each of [version, ...others]) {
      const found = await ruvectorPostgres(flavour, each);
      if ('leftOut' in found) return found;
      bins.set(each, found.bin);
    }
    const root = await temporaryRoot();
    mkdirSync(join(root.path, 'versions'));
    for (const [each, bin] of bins) symlinkSync(bin, join(root.path, 'versions', String(each)));
    const settings = { shared_buffers: '128MB', maintenance_work_mem: '256MB' };
    const server = await createServer({ version, root: root.path, binDirectory: bins.get(version), settings });
    await server.start();
    await server.psql(`create database ${DATABASE}`);
    return new RuvectorLab(flavour, version, root, server, await clusterOf(server));
  }

  /** The same server as an inventory with other fields describes it. */
  async described(overrides: EntryOverrides): Promise<RuvectorLab> {
    const { flavour, version, root, server } = this;
    return new RuvectorLab(flavour, version, root, server, await clusterOf(server, overrides));
  }

  /** Two tables with vectors, and something of every kind that stands on them. */
  async seed({ rows, dimensions, indexOptions = 'm = 16, ef_construction = 64' }: LabSize): Promise<void> {
    // By a client of its own: many rows take longer than psql is given here.
    const client = await this.server.connect(DATABASE);
    await client.query(seedSql(methods(this.flavour).old, rows, dimensions, indexOptions));
    await client.end();
  }

  sql(text: string): Promise<string> {
    return this.server.psql(text, DATABASE);
  }

  async extensionVersion(): Promise<string> {
    return this.sql("select extversion from pg_extension where extname = 'ruvector'");
  }

  /** Runs an activity as Temporal would. */
  async run<K extends keyof Activities>(
    name: K,
    input: Parameters<Activities[K]>[0],
  ): Promise<Awaited<ReturnType<Activities[K]>>> {
    const activity = this.activities[name] as (
      given: Parameters<Activities[K]>[0],
    ) => Promise<Awaited<ReturnType<Activities[K]>>>;
    return (await new MockActivityEnvironment().run(activity, input)) as Awaited<ReturnType<Activities[K]>>;
  }

  /** Runs it twice, as a worker that died before it could tell the result would make it. @returns the second answer. */
  async twice<K extends keyof Activities>(
    name: K,
    input: Parameters<Activities[K]>[0],
  ): Promise<Awaited<ReturnType<Activities[K]>>> {
    await this.run(name, input);
    return this.run(name, input);
  }

  /** Runs an upgrade's rollback.sh as a person does, with the password in a file. */
  rollbackScript(directory: string): void {
    const file = `${this.root.path}/pgpass`;
    const script = 'umask 077; printf "*:*:*:*:%s\\n" "$2" >"$1"; chown "$3" "$1"';
    execFileSync('sh', ['-c', script, 'sh', file, this.server.adminPassword, this.server.osUser]);
    execFileSync('sh', [`${directory}/rollback.sh`], { env: { ...process.env, PGPASSFILE: file }, input: '' });
  }

  async stop(): Promise<void> {
    await this.server.stop('immediate');
    await this.root.remove();
  }
}

function seedSql(method: string, rows: number, dimensions: number, indexOptions: string): string {
  // As embeddings do, they fill few of their dimensions: three sines, of which the row decides the phases alone. No index
  // finds its way among vectors that are random in all of them.
  const element = (n: string) =>
    `sin(${n} * 7.13 + j * 0.37) + sin(${n} * 3.3 + j * 1.1) + sin(${n} * 0.77 + j * 0.05)`;
  const vector = (n: string) =>
    `(select translate(array_agg((${element(n)})::real)::text, '{}', '[]') from generate_series(1, ${dimensions}) j)::ruvector`;
  return `
create extension ruvector version '0.1.0';
create schema claude_flow;
create role vector_app; create role vector_reader;
create table claude_flow.embeddings (
  id serial primary key, "Key" text not null, embedding ruvector(${dimensions}) not null, metadata jsonb default '{}',
  check (ruvector_dims(embedding) = ${dimensions}));
create table claude_flow.hyperbolic_embeddings (
  id bigserial primary key, first ruvector(${dimensions}), label text,
  node int references claude_flow.embeddings (id), second ruvector(${dimensions}));
comment on column claude_flow.embeddings.embedding is 'the embedding';
insert into claude_flow.embeddings ("Key", embedding) select 'k' || n, ${vector('n')} from generate_series(1, ${rows}) n;
insert into claude_flow.hyperbolic_embeddings (first, label, node, second)
  select case when n % 10 <> 0 then ${vector('(n + 0.5)')} end, 'l' || n, n, ${vector('(n + 0.25)')} from generate_series(1, ${rows}) n;
create index idx_embeddings_vector on claude_flow.embeddings using ${method} (embedding ruvector_cosine_ops) with (${indexOptions});
comment on index claude_flow.idx_embeddings_vector is 'searched by the app';
create index idx_hyperbolic on claude_flow.hyperbolic_embeddings using ${method} (second ruvector_l2_ops) with (${indexOptions});
create index by_norm on claude_flow.embeddings (ruvector_norm(embedding));
create function claude_flow.near(q ruvector, n int) returns setof claude_flow.embeddings language sql stable
  as 'select * from claude_flow.embeddings order by embedding operator(public.<=>) q limit n';
revoke all on function claude_flow.near from public; grant execute on function claude_flow.near to vector_app;
create view claude_flow.keys as select id, "Key", embedding from claude_flow.embeddings;
alter view claude_flow.keys owner to vector_app; grant select on claude_flow.keys to vector_reader;
create view claude_flow.keys_of_keys as select "Key" from claude_flow.keys;
create materialized view claude_flow.norms as select id, ruvector_norm(embedding) as norm from claude_flow.embeddings;
create unique index norms_id on claude_flow.norms (id);
create function claude_flow.touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touched before update of embedding on claude_flow.embeddings for each row execute function claude_flow.touch();
create statistics claude_flow.norm_stats on (ruvector_norm(embedding)), id from claude_flow.embeddings;
create policy readers on claude_flow.embeddings for select to vector_reader using (ruvector_dims(embedding) > 0);
create table claude_flow.events (id int, at date, v ruvector(${dimensions})) partition by range (at);
create table claude_flow.events_old partition of claude_flow.events for values from ('2020-01-01') to ('2025-01-01');
create table claude_flow.events_new partition of claude_flow.events for values from ('2025-01-01') to ('2030-01-01');
insert into claude_flow.events select n, date '2024-12-01' + n, embedding from claude_flow.embeddings e join generate_series(1, 60) n on n = e.id;
create index idx_events on claude_flow.events using ${method} (v ruvector_cosine_ops);
create materialized view claude_flow.first_ones as select id, embedding from claude_flow.embeddings where id <= 50;
create index idx_first_ones on claude_flow.first_ones using ${method} (embedding ruvector_l2_ops);
analyze;
`;
}
