import type { Layout } from '../cluster';
import type { OldConfiguration } from './old-configuration';
import { pathMappings, type PathMapping } from './paths';

/** The old version's directories under all their names, each with the new version's directory that takes its place. */
export function mappingsOf(old: Pick<OldConfiguration, 'aliases'>, from: Layout, to: Layout): PathMapping[] {
  return pathMappings([
    ...old.aliases.configDirectory.map((directory) => ({ from: directory, to: to.configDirectory })),
    ...old.aliases.dataDirectory.map((directory) => ({ from: directory, to: to.dataDirectory })),
    { from: from.binDirectory, to: to.binDirectory },
  ]);
}
