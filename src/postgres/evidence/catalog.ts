import type { Sql } from '../connection';
import { CatalogObjectSet } from './catalog-object-set';
import { Names } from './catalog-names';
import { nameRows } from './catalog-naming';
import { type CatalogRow, readRows } from './catalog-rows';
import type { Catalog } from './catalog-shape';
import { type Dependencies, readDependencies } from './dependencies';
import type { CatalogObjects } from './evidence';

const NO_DEPENDENCIES: Dependencies = {
  parts: new Map(),
  members: new Map(),
  dependents: new Map(),
  owners: new Map(),
};

// Shared by the cluster, but each row belongs to one database.
const isOfDatabase = ({ name, shared }: Catalog): boolean => !shared || name === 'pg_subscription';

/** Reads everything that the users of the connected database have made in it, kind by kind. */
export async function readDatabaseObjects(sql: Sql, shape: Catalog[]): Promise<CatalogObjects> {
  return readObjects(sql, shape.filter(isOfDatabase), await readDependencies(sql));
}

/** Reads what belongs to the whole cluster: roles, memberships, settings, databases, tablespaces and the rest. */
export async function readGlobalObjects(sql: Sql, shape: Catalog[]): Promise<CatalogObjects> {
  return readObjects(
    sql,
    shape.filter((catalog) => !isOfDatabase(catalog)),
    NO_DEPENDENCIES,
  );
}

async function readObjects(sql: Sql, catalogs: Catalog[], dependencies: Dependencies): Promise<CatalogObjects> {
  const rows: CatalogRow[] = [];
  for (const catalog of catalogs) rows.push(...(await readRows(sql, catalog)));
  const names = new Names();
  names.learn(rows);
  await names.learnReferences(sql, rows);
  nameRows(rows, names);
  const objects = new CatalogObjectSet(names, dependencies);
  for (const row of rows) objects.add(row);
  return objects.toEvidence();
}
