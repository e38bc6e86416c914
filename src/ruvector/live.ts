import type { Sql } from '../postgres/connection';
import { readDependants, type Dependant } from './dependants';
import { readExtension, type Extension } from './extension';
import { readVectorIndexes, type VectorIndex } from './vector-index';
import { readVectorTables, type VectorTable } from './vector-columns';

/** What one database has of the extension, and what stands on it. */
export interface Live {
  extension: Extension;
  tables: VectorTable[];
  indexes: VectorIndex[];
  dependants: Dependant[];
}

/** Reads it all; undefined where the extension is not installed. */
export async function readLive(sql: Sql, name: string): Promise<Live | undefined> {
  const extension = await readExtension(sql, name);
  if (!extension) return undefined;
  return {
    extension,
    tables: await readVectorTables(sql, name),
    indexes: await readVectorIndexes(sql, name),
    dependants: await readDependants(sql, name),
  };
}
