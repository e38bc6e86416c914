import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command';
import type { OsUser } from './os-user';

/** What makes one server's configuration differ from another's. */
export interface ServerConfiguration {
  port: number;
  socketDirectory: string;
  /** Settings by name; they override the sandbox's own. */
  settings: Record<string, string>;
  /** Lines of pg_hba.conf, tried before the sandbox's own. */
  hba: string[];
}

/** Superuser of every server of the sandbox. */
export const ADMIN = 'postgres';

/** Writes a file that belongs to the servers' OS user and that nobody else reads. */
export async function writePrivateFile(path: string, content: string, owner: OsUser): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  await chown(path, owner.uid, owner.gid);
}

/** Appends to postgresql.conf, as people do, and replaces pg_hba.conf and pg_ident.conf. */
export async function writeServerFiles(
  dataDirectory: string,
  owner: OsUser,
  configuration: ServerConfiguration,
): Promise<void> {
  await writeFile(join(dataDirectory, 'postgresql.conf'), settingLines(configuration), { flag: 'a' });
  await writePrivateFile(join(dataDirectory, 'pg_hba.conf'), hbaLines(configuration.hba), owner);
  // The OS user may be anyone; the superuser is always called postgres.
  await writePrivateFile(join(dataDirectory, 'pg_ident.conf'), `sandbox ${owner.name} ${ADMIN}\n`, owner);
}

function settingLines({ port, socketDirectory, settings }: ServerConfiguration): string {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: socketDirectory,
    shared_buffers: '32MB',
    log_line_prefix: '%m [%p] %q%u@%d ',
    ...settings,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name} = '${value.replace(/\\/g, '\\\\').replace(/'/g, "''")}'\n`)
    .join('');
}

function hbaLines(first: string[]): string {
  return [
    ...first,
    'local all all peer map=sandbox',
    'local replication all peer map=sandbox',
    'host all all 127.0.0.1/32 scram-sha-256',
    'host replication all 127.0.0.1/32 scram-sha-256',
    '',
  ].join('\n');
}

/** The locale people's clusters have, where this machine has it; else the one that every glibc machine has. */
export async function clusterLocale(): Promise<string> {
  const locales = (await run(['locale', '-a'])).toLowerCase().split('\n');
  return locales.includes('en_us.utf8') ? 'en_US.UTF-8' : 'C.UTF-8';
}
