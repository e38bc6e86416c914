import { posix } from 'node:path';
import type { Host } from '../../hosts/host';
import { fileReferences, resolveReference } from './access-file';
import { includeKind, parseConf } from './conf-file';
import { listDirectory, readTexts } from './host-files';
import { filesOfDirectory, includeTarget, type OldConfiguration, type OldFile } from './old-configuration';

/** Reads configuration files off a host, each with those it includes or names, and each once. */
export class FileReader {
  readonly files: OldFile[] = [];

  constructor(
    private readonly host: Host,
    private readonly user: string,
    private readonly version: number,
  ) {}

  /** Reads a file, if it is there, and all that it leads to. @throws CommandFailed when one is there and can't be read. */
  async read(path: string, role: OldFile['role']): Promise<void> {
    if (this.files.some((file) => file.path === path)) return;
    const [text] = await readTexts(this.host, this.user, [path]);
    // A missing file is the server's to complain of (include) or to pass over (include_if_exists).
    if (!text) return;
    this.files.push({ path, role, ...text });
    await (role === 'main' || role === 'included' || role === 'auto'
      ? this.readIncludes(path, text.content)
      : this.readReferences(path, role, text.content));
  }

  private async readIncludes(path: string, content: string): Promise<void> {
    for (const { assignment } of parseConf(content)) {
      const kind = assignment && includeKind(assignment);
      if (!kind) continue;
      const target = includeTarget(path, assignment);
      for (const next of kind === 'include_dir' ? await this.directory(target) : [target])
        await this.read(next, 'included');
    }
  }

  private async readReferences(path: string, role: OldFile['role'], content: string): Promise<void> {
    for (const { kind, path: named } of fileReferences(content, this.version)) {
      const target = resolveReference(path, named);
      if (kind === '@') await this.read(target, 'names');
      else
        for (const next of kind === 'include_dir' ? await this.directory(target) : [target])
          await this.read(next, role);
    }
  }

  private async directory(path: string): Promise<string[]> {
    const names = await listDirectory(this.host, this.user, path);
    return filesOfDirectory(
      names.map((name) => `${path}/${name}`),
      path,
    );
  }

  /** Debian's pg_ctlcluster reads options and environment from beside postgresql.conf, where that is a place of its own. */
  async readServiceFiles({
    configFile,
    dataDirectory,
  }: Pick<OldConfiguration, 'configFile' | 'dataDirectory'>): Promise<void> {
    const directory = posix.dirname(configFile);
    if (directory === dataDirectory) return;
    for (const name of ['pg_ctl.conf', 'environment']) await this.read(`${directory}/${name}`, 'service');
  }
}
