import type { Cluster } from '../cluster';
import { databases, identifier, withSql } from '../connection';

export interface ExtensionUpdate {
  database: string;
  extension: string;
  before: string;
  after: string;
}

/** An extension's major version is the operator's decision: such a jump is left to a workflow of its own. */
function jumpsMajor(before: string, after: string): boolean {
  return before.split('.')[0] !== after.split('.')[0];
}

/**
 * Updates every extension in every database to the default version of the new server's packages, where a path of update
 * scripts leads there and the major version stays.
 * @returns what was updated, and what was left as it is with the reason.
 */
export async function updateExtensions(
  cluster: Cluster,
): Promise<{ updated: ExtensionUpdate[]; left: (ExtensionUpdate & { why: string })[] }> {
  const updated: ExtensionUpdate[] = [];
  const left: (ExtensionUpdate & { why: string })[] = [];
  for (const database of await databases(cluster)) {
    await withSql(cluster, { database }, async (sql) => {
      const behind = await sql.query<{ extension: string; before: string; after: string; reachable: boolean }>(BEHIND);
      for (const { reachable, ...row } of behind) {
        const entry = { database, ...row };
        if (jumpsMajor(row.before, row.after)) left.push({ ...entry, why: 'a major version is not jumped unasked' });
        else if (!reachable) left.push({ ...entry, why: 'its packages ship no update path' });
        else {
          await sql.query(`alter extension ${identifier(row.extension)} update`);
          updated.push(entry);
        }
      }
    });
  }
  return { updated, left };
}

const BEHIND = `
  select e.extname as extension, e.extversion as before, a.default_version as after,
         exists (select from pg_extension_update_paths(e.extname) p
                 where p.source = e.extversion and p.target = a.default_version and p.path is not null) as reachable
  from pg_extension e join pg_available_extensions a on a.name = e.extname
  where e.extversion <> a.default_version
  order by 1`;
