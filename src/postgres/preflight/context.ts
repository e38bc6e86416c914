import { databases, withSql } from '../connection';
import { layout, type Cluster } from '../cluster';
import { readClusterProperties } from '../init-target';
import { compareCatalogs } from './catalog-comparison';
import type { CheckContext, Mode, PreflightContext } from './check';
import { checkByPgUpgrade } from './pg-upgrade-report';
import { restoreSchemas } from './schema-restore';
import { ScratchServer, type ScratchSettings } from './scratch-server';

/** What the checks may look at, for one hop of a cluster. */
export function checkContext(cluster: Cluster, hop: { from: number; to: number; mode?: Mode }): CheckContext {
  return {
    cluster,
    from: layout(cluster, hop.from),
    to: layout(cluster, hop.to),
    mode: hop.mode,
    sql: (database, work) => withSql(cluster, { database }, work),
    databases: once(() => databases(cluster)),
  };
}

/** A context whose shared things are made when first asked for. Whoever opens it closes it. */
export interface OpenContext {
  context: PreflightContext;
  /** Stops and removes the scratch server, if there is one. */
  close(): Promise<void>;
}

/** Adds what the checks of one run share. */
export function openContext(base: CheckContext): OpenContext {
  let made: ScratchServer | undefined;
  const properties = once(() => base.sql(undefined, readClusterProperties));
  const directory = once(async () => {
    made = await ScratchServer.create(base.cluster, base.to, await properties(), await scratchSettings(base));
    // Which libraries it starts with has to be settled before pg_upgrade starts it.
    if (made.preloads) await made.start().finally(() => made?.stop());
    return made;
  });
  const report = once(async () => checkByPgUpgrade(context, await directory()));
  const scratch = once(async () => {
    const server = await directory();
    // Before it holds anything: pg_upgrade wants the new cluster empty and stopped. How that went is its check's business.
    await report().catch(() => undefined);
    await server.start();
    return server;
  });
  const upgraded = once(() => upgradedDatabases(base));
  const context: PreflightContext = {
    ...base,
    properties,
    scratch,
    pgUpgradeReport: report,
    comparison: once(async () => {
      const server = await scratch();
      return base.sql(undefined, (sql) => compareCatalogs(sql, server));
    }),
    restoreErrors: once(async () => restoreSchemas(context, await scratch())),
    upgradedDatabases: upgraded,
    inUpgradedDatabases: async (work) => {
      const results = [];
      for (const database of await upgraded()) results.push(...(await base.sql(database, work)));
      return results;
    },
  };
  return { context, close: async () => made?.remove() };
}

/** Makes a value the first time and keeps it, or its failure. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => (value ??= make());
}

async function upgradedDatabases(base: CheckContext): Promise<string[]> {
  const rows = await base.sql(undefined, (sql) =>
    sql.query<{ datname: string }>(
      'select datname from pg_database where datallowconn and datconnlimit <> -2 order by datname',
    ),
  );
  return rows.map((row) => row.datname);
}

async function scratchSettings(base: CheckContext): Promise<ScratchSettings> {
  const names = ['shared_preload_libraries', 'dynamic_library_path', 'wal_level', 'max_replication_slots'];
  const rows = await base.sql(undefined, (sql) =>
    sql.query<{ name: string; setting: string }>('select name, setting from pg_settings where name = any ($1)', [names]),
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
