import { posix } from 'node:path';
import { includeKind, parseConf, type Assignment } from './conf-file';
import type { Setting } from './setting';
import type { SettingChange, TextEncoding } from './translation';

/** A text file of the old configuration as it was read. */
export interface OldFile {
  /** Absolute, as the server names it. */
  path: string;
  /**
   * `main`: postgresql.conf. `auto`: postgresql.auto.conf. `included`: read by a directive of these. `hba`, `ident`: those
   * and what they include. `names`: a list behind an @. `service`: read by the distribution's start scripts.
   */
  role: 'main' | 'auto' | 'included' | 'hba' | 'ident' | 'names' | 'service';
  content: string;
  encoding: TextEncoding;
  /** Octal permissions, such as `0640`. */
  mode: string;
}

/** A file or directory in the old directories that a setting names, and that is not PostgreSQL's own. */
export interface ReferencedPath {
  setting: string;
  path: string;
  kind: 'file' | 'directory';
  mode: string;
}

/** A setting that stands in no file. */
export interface FixedSetting {
  name: string;
  value: string;
  source: 'command line' | 'environment variable';
}

/** The old cluster's configuration, read off its host. */
export interface OldConfiguration {
  dataDirectory: string;
  configFile: string;
  hbaFile: string;
  identFile: string;
  /** Other names of the same directories: what symbolic links lead to. */
  aliases: { dataDirectory: string[]; configDirectory: string[] };
  files: OldFile[];
  fixed: FixedSetting[];
  references: ReferencedPath[];
  /** How the old server describes its settings. */
  settings: Setting[];
  /** What is not as it should be in the old configuration itself. */
  remarks: SettingChange[];
}

/** One setting where it stands. */
export interface Occurrence {
  name: string;
  value: string;
  file: string;
  /** From 1. */
  line: number;
}

/** The files by path. */
export function filesByPath(files: readonly OldFile[]): Map<string, OldFile> {
  return new Map(files.map((file) => [file.path, file]));
}

/** Where an include directive leads: relative paths start at the file it stands in. */
export function includeTarget(file: string, assignment: Assignment): string {
  return posix.resolve(posix.dirname(file), assignment.value);
}

/** The files an include_dir reads, in its order: names that end in .conf and do not begin with a dot, by their bytes. */
export function filesOfDirectory(paths: readonly string[], directory: string): string[] {
  const files = paths.filter((path) => posix.dirname(path) === directory && isIncludedName(posix.basename(path)));
  return files.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

const isIncludedName = (name: string) => name.endsWith('.conf') && !name.startsWith('.');

// The server's own limit (CONF_FILE_MAX_DEPTH); a file that includes itself stops there.
const MAX_DEPTH = 10;

/** Every setting in the order in which the server reads them; of several with one name the last one counts. */
export function occurrences(old: Pick<OldConfiguration, 'configFile' | 'files'>): Occurrence[] {
  const files = filesByPath(old.files);
  const paths = old.files.filter(({ role }) => role === 'included').map(({ path }) => path);
  const found: Occurrence[] = [];
  const read = (path: string, depth: number): void => {
    const file = files.get(path);
    if (!file || depth > MAX_DEPTH) return;
    parseConf(file.content).forEach(({ assignment }, index) => {
      if (!assignment) return;
      const kind = includeKind(assignment);
      if (!kind) {
        found.push({ name: assignment.name, value: assignment.value, file: path, line: index + 1 });
        return;
      }
      const target = includeTarget(path, assignment);
      for (const next of kind === 'include_dir' ? filesOfDirectory(paths, target) : [target]) read(next, depth + 1);
    });
  };
  read(old.configFile, 0);
  for (const { path } of old.files.filter(({ role }) => role === 'auto')) read(path, 0);
  return found;
}

/** The occurrence that counts of each setting, by name in lower case. */
export function winners(all: readonly Occurrence[]): Map<string, Occurrence> {
  return new Map(all.map((occurrence) => [occurrence.name.toLowerCase(), occurrence]));
}
