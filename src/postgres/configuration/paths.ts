import { posix } from 'node:path';

/** A directory of the old version and the one that takes its place. */
export interface PathMapping {
  from: string;
  to: string;
}

/** Sorted so that the deepest directory is tried first: a configuration directory may lie in the data directory. */
export function pathMappings(pairs: readonly PathMapping[]): PathMapping[] {
  const clean = pairs.map(({ from, to }) => ({ from: trimmed(from), to: trimmed(to) }));
  const unique = clean.filter((pair, index) => clean.findIndex(({ from }) => from === pair.from) === index);
  return unique.filter(({ from }) => from !== '/').sort((a, b) => b.from.length - a.from.length);
}

const trimmed = (path: string) => posix.normalize(path).replace(/(?<=.)\/+$/, '');

/** The new place of a path, or undefined when it lies in none of the old directories. */
export function mapPath(path: string, mappings: readonly PathMapping[]): string | undefined {
  const clean = posix.normalize(path);
  const mapping = mappings.find(({ from }) => clean === from || clean.startsWith(`${from}/`));
  return mapping && mapping.to + clean.slice(mapping.from.length);
}

// What ends a path in a command, a list or a connection string.
const END = '\\s\'"`,;:|&<>()=';

function inText(mappings: readonly PathMapping[], rest: string): RegExp {
  const directories = mappings.map(({ from }) => from.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`(?<![\\w./-])(?:${directories.join('|')})(?=$|[/${END}])${rest}`, 'g');
}

/** The paths in the old directories that a value mentions: the whole of it, or words of a command or of a list. */
export function pathsIn(value: string, mappings: readonly PathMapping[]): string[] {
  return mappings.length === 0 ? [] : (value.match(inText(mappings, `[^${END}]*`)) ?? []);
}

/** A value with every path into the old directories led into the new ones. */
export function mapPathsIn(value: string, mappings: readonly PathMapping[]): string {
  if (mappings.length === 0) return value;
  return value.replace(inText(mappings, ''), (directory) => mapPath(directory, mappings) ?? directory);
}
