import { connectionString, programArguments } from '../postgres/client-programs';
import { layout, type Cluster, type Layout } from '../postgres/cluster';
import { identifier, literal, withSql } from '../postgres/connection';
import { readClusterProperties } from '../postgres/init-target';
import { scratchSettings } from '../postgres/preflight/context';
import { makePlace, removeScratch, ScratchServer, type ScratchPlace } from '../postgres/preflight/scratch-server';
import { removeTree } from '../hosts/files';
import type { CommandResult } from '../hosts/host';
import type { SchemaArchive } from './archive';
import { ARRAY_FORMS, type ArrayForms } from './conversion';
import { MEMBER } from './extension';
import type { TargetFacts } from './scripts';
import { METHODS, type IndexMethod } from './vector-index';

const FUNCTIONS = `with ${MEMBER} select distinct p.proname as name
  from pg_proc p join member m on m.classid = 'pg_proc'::regclass and m.objid = p.oid order by 1`;

const PLACE = 'ruvector-scratch';
const REHEARSAL = 'rehearsal';
const TIMEOUT_MS = 24 * 3_600_000;

/**
 * A scratch server of the running version, on which an extension can be looked at and an upgrade tried before the cluster
 * is touched. The same packages serve both, so what it has of the extension, the cluster has.
 */
export class Workshop {
  private constructor(
    private readonly cluster: Cluster,
    private readonly paths: Layout,
    private readonly server: ScratchServer,
    readonly place: ScratchPlace,
  ) {}

  /** Makes it, does `work`, and removes it whatever happens. */
  static async with<T>(cluster: Cluster, version: number, work: (workshop: Workshop) => Promise<T>): Promise<T> {
    const paths = layout(cluster, version);
    const place = await makePlace(cluster, paths, PLACE);
    try {
      const sql = <R>(database: string | undefined, ask: Parameters<typeof withSql<R>>[2]) =>
        withSql(cluster, { database }, ask);
      const properties = await sql(undefined, readClusterProperties);
      const server = await ScratchServer.create(cluster, paths, place, properties, await scratchSettings({ sql }));
      await server.start('ordinary');
      await server.script(await memorySettings(cluster), 'postgres', true);
      return await work(new Workshop(cluster, paths, server, place));
    } finally {
      await removeScratch(cluster, paths, PLACE);
    }
  }

  /** What a version of the extension offers. */
  async offers(extension: string, version: string): Promise<TargetFacts> {
    await this.server.script(
      `create extension ${identifier(extension)} with schema public version ${literal(version)} cascade;`,
      'postgres',
      true,
    );
    const ask = <T>(query: string) => this.server.query<T>(query.replaceAll('$1', literal(extension)), 'postgres');
    const [forms] = await ask<ArrayForms>(ARRAY_FORMS);
    const methods = await ask<IndexMethod>(METHODS);
    const concurrent: string[] = [];
    for (const method of new Set(methods.map((each) => each.method))) {
      if (await this.buildsConcurrently(methods.find((each) => each.method === method)!)) concurrent.push(method);
    }
    await this.server.script(`drop extension ${identifier(extension)} cascade;`, 'postgres', true);
    return { methods, forms, concurrent };
  }

  /** Names of a version's functions. */
  async functions(extension: string, version: string): Promise<string[]> {
    await this.server.script(
      `create extension ${identifier(extension)} with schema public version ${literal(version)} cascade;`,
      'postgres',
      true,
    );
    const rows = await this.server.query<{ name: string }>(FUNCTIONS.replaceAll('$1', literal(extension)), 'postgres');
    await this.server.script(`drop extension ${identifier(extension)} cascade;`, 'postgres', true);
    return rows.map(({ name }) => name);
  }

  /** Tried, not looked up: nothing in the catalog says it. */
  private async buildsConcurrently({ method, operatorClass, type }: IndexMethod): Promise<boolean> {
    const table = `create table probe (v ${type}(3)); insert into probe values ('[1,2,3]'), ('[3,2,1]');`;
    await this.server.script(`set search_path = public; drop table if exists probe; ${table}`, 'postgres', true);
    const index = `create index concurrently on public.probe using ${identifier(method)} (v public.${identifier(operatorClass)});`;
    const { stderr } = await this.server.script(index, 'postgres');
    await this.server.script('drop table public.probe;', 'postgres', true);
    return !stderr.includes('ERROR:');
  }

  /**
   * Restores a database into `rehearsal`: the schema with the extension at the given version, and the rows of `data`.
   * Vector indexes are left out: what is rehearsed begins with dropping them.
   * @returns what the restore complained about; roles and settings of roles apart.
   */
  async restore(
    archive: SchemaArchive,
    extension: { name: string; version: string; schema: string },
    leaveOut: ReadonlySet<number>,
    data?: string,
  ): Promise<string[]> {
    await this.server.script(`drop database if exists ${REHEARSAL};`, 'postgres', true);
    await this.makeRoles();
    await this.server.script(`create database ${REHEARSAL} template template0;`, 'postgres', true);
    const { name, version, schema } = extension;
    await this.server.script(
      `create schema if not exists ${identifier(schema)}; create extension ${identifier(name)} with schema ${identifier(schema)} version ${literal(version)} cascade;`,
      REHEARSAL,
      true,
    );
    const kept = archive.entries.filter(
      ({ oid, text }) => !leaveOut.has(oid) && !isExtension(text, name) && !isSchema(text, schema),
    );
    const list = await archive.writeList(kept, 'rehearsal-list');
    const restore = (...args: string[]) =>
      this.program('pg_restore', [
        '--no-owner',
        '--no-privileges',
        '--no-tablespaces',
        '-d',
        connectionString(this.server.target(REHEARSAL)),
        ...args,
      ]);
    const schemaPart = (section: string) => restore(`--use-list=${list}`, `--section=${section}`, archive.file);
    const results = [
      await schemaPart('pre-data'),
      ...(data ? [await restore('--data-only', '--disable-triggers', data)] : []),
      await schemaPart('post-data'),
    ];
    await removeTree(this.cluster.host, list, this.cluster.entry.osUser);
    return results.flatMap(({ stderr }) =>
      [...stderr.matchAll(/^pg_restore: error: (.*)$/gm)].map(([, message]) => message),
    );
  }

  /** What the scripts bring back has owners and privileges, so the roles have to be there, with no rights of their own. */
  private async makeRoles(): Promise<void> {
    const roles = await withSql(this.cluster, {}, (sql) =>
      sql.query<{ name: string }>("select rolname as name from pg_roles where rolname !~ '^pg_'"),
    );
    const there = await this.server.query<{ name: string }>('select rolname as name from pg_roles', 'postgres');
    const missing = roles.filter(({ name }) => !there.some((role) => role.name === name));
    await this.server.script(
      missing.map(({ name }) => `create role ${identifier(name)};`).join('\n'),
      'postgres',
      true,
    );
  }

  /** Runs a psql script in the restored database, as the job on the host would. @returns what it printed, or the error. */
  async run(script: string): Promise<{ output: string; error?: string }> {
    const args = ['-X', '-w', '-d', connectionString(this.server.target(REHEARSAL)), '-f', '-'];
    const { exitCode, stdout, stderr } = await this.program('psql', args, script);
    return exitCode === 0 ? { output: stdout } : { output: stdout, error: errorOf(stderr) };
  }

  /** As long as it takes: what runs here are copies of whole tables. */
  private program(name: string, args: readonly string[], input?: string): Promise<CommandResult> {
    const { host, entry } = this.cluster;
    const argv = programArguments(this.paths, name, args);
    return host.run({ argv, user: entry.osUser, input, timeoutMs: TIMEOUT_MS });
  }

  /** Rows of a query in the restored database. */
  query<T>(sql: string): Promise<T[]> {
    return this.server.query<T>(sql, REHEARSAL);
  }
}

/** Index builds take many times as long where the graph does not fit: the cluster's own setting makes times comparable. */
async function memorySettings(cluster: Cluster): Promise<string> {
  const [{ memory }] = await withSql(cluster, {}, (sql) =>
    sql.query<{ memory: string }>("select current_setting('maintenance_work_mem') as memory"),
  );
  return `alter system set maintenance_work_mem = ${literal(memory)}; select pg_reload_conf();`;
}

function isExtension(text: string, name: string): boolean {
  return text.startsWith(`EXTENSION - ${name} `) || text.startsWith(`COMMENT - EXTENSION ${name} `);
}

function isSchema(text: string, schema: string): boolean {
  return text.startsWith(`SCHEMA - ${schema} `);
}

/** The first error of psql with what PostgreSQL says of it: `DETAIL` names the objects. */
export function errorOf(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^psql:[^:]*:\d+: /, '').trim());
  const first = lines.findIndex((line) => line.startsWith('ERROR:') || line.startsWith('FATAL:'));
  const from = first < 0 ? 0 : first;
  return lines
    .slice(from, from + 12)
    .filter((line) => line !== '' && !line.startsWith('LINE') && line !== '^')
    .join(' ')
    .slice(0, 2000);
}
