import type { DrainInput } from '../../migration/drain';
import { databases, withSql, type Row, type Sql } from '../connection';
import { layout, type Cluster } from '../cluster';
import { readClusterProperties } from '../init-target';
import { compareCatalogs } from './catalog-comparison';
import type { CheckContext, Mode, PreflightContext } from './check';
import { checkByPgUpgrade, type PgUpgradeReport } from './pg-upgrade-report';
import { dumpSchemas, restoreSchemas } from './schema-restore';
import { makePlace, removeScratch, ScratchServer, type ScratchSettings } from './scratch-server';

/** What the checks may look at, for one hop of a cluster. */
export function checkContext(
  cluster: Cluster,
  hop: { from: number; to: number; mode?: Mode; drain?: DrainInput; scratchName?: string },
): CheckContext {
  return {
    cluster,
    from: layout(cluster, hop.from),
    to: layout(cluster, hop.to),
    mode: hop.mode,
    drain: hop.drain,
    scratchName: hop.scratchName,
    sql: (database, work) => withSql(cluster, { database }, work),
    databases: () => databases(cluster),
  };
}

/** A context whose shared things are made when first asked for. Whoever opens it closes it. */
export interface OpenContext {
  context: PreflightContext;
  /** Stops and removes the scratch server, if there is one. */
  close(): Promise<void>;
}

/** Adds what the checks of one run share. */
export function openContext(unshared: CheckContext): OpenContext {
  const sessions = keepSessions(unshared);
  const base: CheckContext = { ...unshared, sql: sessions.sql };
  const started: Promise<unknown>[] = [];
  const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
    let value: Promise<T> | undefined;
    return () => {
      if (!value) started.push((value = make()));
      return value;
    };
  };

  let placed = false;
  const place = once(() => {
    placed = true;
    return makePlace(base.cluster, base.to, base.scratchName);
  });
  const properties = once(() => base.sql(undefined, readClusterProperties));
  const server = once(async () => {
    const [where, made, settings] = await Promise.all([place(), properties(), scratchSettings(base)]);
    return ScratchServer.create(base.cluster, base.to, where, made, settings);
  });
  const context: PreflightContext = {
    ...base,
    properties,
    pgUpgradeReport: once(async () => pgUpgradeReport(context, await server())),
    scratch: once(async () => {
      const scratch = await server();
      // Before it holds anything: pg_upgrade wants it empty and stopped. How that went is its own check's business.
      await context.pgUpgradeReport().catch(() => undefined);
      await scratch.start();
      return scratch;
    }),
    comparison: once(async () => {
      const scratch = await context.scratch();
      return base.sql(undefined, (sql) => compareCatalogs(sql, scratch));
    }),
    schemaDumps: once(async () => dumpSchemas(context, (await place()).directory)),
    restoreErrors: once(async () => restoreSchemas(context, await context.scratch())),
    upgradedDatabases: once(() => upgradedDatabases(base)),
    inUpgradedDatabases: async (work) => {
      const results = [];
      for (const database of await context.upgradedDatabases()) results.push(...(await base.sql(database, work)));
      return results;
    },
  };
  const close = async () => {
    await Promise.allSettled(started);
    await sessions.close();
    if (placed) await removeScratch(base.cluster, base.to, base.scratchName);
  };
  return { context, close };
}

/** `pg_upgrade --check`, and once more without the libraries that kept its new server from starting, if it was that. */
async function pgUpgradeReport(context: PreflightContext, scratch: ScratchServer): Promise<PgUpgradeReport> {
  const report = await checkByPgUpgrade(context, scratch);
  if (report.outcome !== 'failed') return report;
  await scratch.start();
  await scratch.stop();
  return scratch.refusedLibraries.length > 0 ? checkByPgUpgrade(context, scratch) : report;
}

/** Sessions that stay open for the run: as many databases as people usually have. In others each check opens its own. */
const KEPT_OPEN = 8;

/** Keeps one session a database, so that forty checks are a few connections and take turns in them. */
function keepSessions(base: CheckContext): { sql: CheckContext['sql']; close(): Promise<void> } {
  const kept = new Map<string | undefined, Promise<Sql>>();
  const held: Promise<unknown>[] = [];
  const { promise: finished, resolve: finish } = deferred();
  const open = (database: string | undefined): Promise<Sql> =>
    new Promise((resolve, reject) => {
      const holding = base.sql(database, async (sql) => {
        resolve(inTurns(sql));
        await finished;
      });
      held.push(holding);
      holding.catch(reject);
    });
  return {
    sql: async (database, work) => {
      const known = kept.get(database);
      if (!known && kept.size >= KEPT_OPEN) return base.sql(database, work);
      const session = known ?? open(database);
      kept.set(database, session);
      return work(await session);
    },
    close: async () => {
      finish();
      await Promise.allSettled(held);
    },
  };
}

/** A session runs one query at a time. */
function inTurns(sql: Sql): Sql {
  let last: Promise<unknown> = Promise.resolve();
  return {
    database: sql.database,
    query: <T extends Row>(text: string, values?: unknown[]) => {
      const result = last.then(() => sql.query<T>(text, values));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

async function upgradedDatabases(base: CheckContext): Promise<string[]> {
  const rows = await base.sql(undefined, (sql) =>
    sql.query<{ datname: string }>(
      `select datname from pg_database
        where datallowconn and datconnlimit <> -2 and datname <> 'template0' order by datname`,
    ),
  );
  return rows.map((row) => row.datname);
}

/** What a scratch server takes over from the running one. */
export async function scratchSettings(base: Pick<CheckContext, 'sql'>): Promise<ScratchSettings> {
  const names = ['shared_preload_libraries', 'dynamic_library_path', 'wal_level', 'max_replication_slots'];
  const rows = await base.sql(undefined, (sql) =>
    sql.query<{ name: string; setting: string }>('select name, setting from pg_settings where name = any ($1)', [
      names,
    ]),
  );
  const settings = Object.fromEntries(rows.map((row) => [row.name, row.setting])) as Record<string, string>;
  return {
    shared_preload_libraries: libraryList(settings.shared_preload_libraries),
    dynamic_library_path: settings.dynamic_library_path,
    wal_level: settings.wal_level,
    max_replication_slots: settings.max_replication_slots,
  };
}

/** The names in a setting that lists libraries. */
export function libraryList(setting: string): string[] {
  const names = setting.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  return names.filter((name) => name !== '');
}
