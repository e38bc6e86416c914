import { removeTree, writeFile } from '../hosts/files';
import { connectionString, liveTarget, runProgram, withPasswordFile } from '../postgres/client-programs';
import type { Cluster, Layout } from '../postgres/cluster';
import { entriesOf, parseArchiveList, type ArchiveEntry } from './archive-list';
import type { Dependant } from './dependants';

const TIMEOUT_MS = 30 * 60_000;

/** A pg_dump archive of one database's schema, on the host. */
export class SchemaArchive {
  private constructor(
    private readonly cluster: Cluster,
    private readonly paths: Layout,
    readonly file: string,
    readonly entries: ArchiveEntry[],
  ) {}

  /** Dumps the database's schema into the file. */
  static async dump(cluster: Cluster, paths: Layout, database: string, directory: string): Promise<SchemaArchive> {
    const file = `${directory}/schema.dump`;
    await withPasswordFile(cluster, directory, (environment) =>
      runProgram(
        cluster,
        paths,
        'pg_dump',
        [
          '-w',
          '-d',
          connectionString(liveTarget(cluster, database)),
          '--schema-only',
          '--format=custom',
          `--file=${file}`,
          '--lock-wait-timeout=30s',
        ],
        { environment, timeoutMs: TIMEOUT_MS },
      ),
    );
    return SchemaArchive.open(cluster, paths, file);
  }

  static async open(cluster: Cluster, paths: Layout, file: string): Promise<SchemaArchive> {
    const list = await runProgram(cluster, paths, 'pg_restore', ['--list', '--verbose', file]);
    return new SchemaArchive(cluster, paths, file, parseArchiveList(list));
  }

  /** The object's place in the order of restoring. */
  position(object: Pick<Dependant, 'catalogOid' | 'oid'>): number | undefined {
    const at = this.entries.findIndex(({ catalogOid, oid }) => catalogOid === object.catalogOid && oid === object.oid);
    return at < 0 ? undefined : at;
  }

  /** SQL that makes the objects anew, with their owners, privileges and comments. */
  async scriptOf(objects: readonly Dependant[]): Promise<string> {
    if (objects.length === 0) return '';
    const list = await this.writeList(entriesOf(this.entries, objects), 'list');
    try {
      return await runProgram(this.cluster, this.paths, 'pg_restore', [`--use-list=${list}`, '--file=-', this.file]);
    } finally {
      await removeTree(this.cluster.host, list, this.cluster.entry.osUser);
    }
  }

  /** Writes a list for `pg_restore --use-list` beside the archive. @returns its path. */
  async writeList(entries: readonly ArchiveEntry[], suffix: string): Promise<string> {
    const path = `${this.file}.${suffix}`;
    const text = `${entries.map(({ line }) => line).join('\n')}\n`;
    await writeFile(this.cluster.host, path, text, { user: this.cluster.entry.osUser });
    return path;
  }
}
