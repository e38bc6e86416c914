import { posix } from 'node:path';
import { exists, makeDirectory } from '../../hosts/files';
import type { Host } from '../../hosts/host';
import type { Layout } from '../cluster';
import { listDirectory, putCopy, putText } from './host-files';
import type { TranslatedConfiguration } from './translation';

/**
 * Writes a translated configuration to where the new version looks for it, as the cluster's OS user. Each file is written
 * whole or not at all and only when it differs, so that doing it again does nothing.
 * @throws Error when the data directory was not made by initdb yet (which would refuse one with files in it), or when an
 *   included directory holds files that the old one does not have.
 */
export async function writeConfiguration(
  host: Host,
  to: Layout,
  osUser: string,
  translated: TranslatedConfiguration,
): Promise<void> {
  if (!(await exists(host, `${to.dataDirectory}/PG_VERSION`, osUser))) {
    throw new Error(
      `${host.name}: ${to.dataDirectory} is no data directory yet: run initdb before its configuration is written.`,
    );
  }
  const { copies, attributes } = translated;
  const files = Object.entries(translated.files).map(([name, content]) => ({
    path: posix.resolve(to.configDirectory, name),
    text: { content, ...attributes[name] },
  }));
  const places = [...files.map(({ path }) => path), ...copies.map((copy) => copy.to)];
  const directories = new Set([...translated.directories, ...places.map((path) => posix.dirname(path))]);
  // Parents first: one that is made on the way to its child belongs to whoever made it.
  for (const directory of [...directories].sort()) await makeDirectory(host, directory, osUser, modeOf(directory, to));
  await refuseStrangers(host, osUser, translated.directories, places);
  for (const { path, text } of files) await putText(host, osUser, path, text);
  for (const copy of copies) await putCopy(host, osUser, copy.from, copy.to, copy.mode);
}

// Debian's tools, run by anyone, look into /etc/postgresql; the data directory is nobody's business.
const modeOf = (directory: string, { dataDirectory }: Layout) =>
  directory === dataDirectory || directory.startsWith(`${dataDirectory}/`) ? '0700' : '0755';

async function refuseStrangers(
  host: Host,
  user: string,
  directories: readonly string[],
  written: readonly string[],
): Promise<void> {
  for (const directory of directories) {
    const names = await listDirectory(host, user, directory);
    const strangers = names.filter((name) => /^[^.].*\.conf$/.test(name) && !written.includes(`${directory}/${name}`));
    if (strangers.length === 0) continue;
    throw new Error(
      `${host.name}: ${directory} holds ${strangers.join(', ')}, which the old configuration does not have and the new server would read. ` +
        'Move them away, then try again.',
    );
  }
}
