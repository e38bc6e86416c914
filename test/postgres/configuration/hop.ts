import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { run } from '../../../sandbox/command';
import { asUser, serverUser } from '../../../sandbox/os-user';
import { parts, type MajorVersion } from '../../../sandbox/parts';
import { openServer, type SandboxServer } from '../../../sandbox/postgres-server';
import { layout, type Cluster } from '../../../src/postgres/cluster';
import { prepareConfiguration } from '../../../src/postgres/configuration/prepare';
import type { SettingChange } from '../../../src/postgres/configuration/translation';

/** Writes a file, and makes its directory, as the servers' OS user would. */
export function put(path: string, content: string | Buffer, mode = 0o600): void {
  const { uid, gid } = serverUser();
  mkdirSync(dirname(path), { recursive: true });
  chownSync(dirname(path), uid, gid);
  writeFileSync(path, content);
  chownSync(path, uid, gid);
  chmodSync(path, mode);
}

/** Makes the empty cluster of the next version that pg_upgrade would fill. */
export async function makeTarget(server: SandboxServer, cluster: Cluster, version: MajorVersion): Promise<string> {
  const { dataDirectory, binDirectory } = layout(cluster, version);
  const options = [
    '--username=postgres',
    `--pwfile=${server.passwordFile}`,
    '--no-sync',
    '--encoding=UTF8',
    '--no-locale',
  ];
  await run(asUser(server.osUser, [`${binDirectory}/initdb`, '--pgdata', dataDirectory, ...options]));
  return dataDirectory;
}

/** A hop without the data: prepares the new version's configuration, then lets the new server take the old one's place. */
export async function hop(
  server: SandboxServer,
  cluster: Cluster,
  version: MajorVersion,
  extra: Record<string, string> = {},
): Promise<{ server: SandboxServer; changes: SettingChange[] }> {
  const dataDirectory = await makeTarget(server, cluster, version);
  const changes = await prepareConfiguration(cluster, layout(cluster, server.version), layout(cluster, version), extra);
  await server.stop();
  const binDirectory = (await parts()).postgres[version];
  const next = openServer({
    ...server,
    version,
    dataDirectory,
    binDirectory,
    logFile: `${server.root}/${version}.log`,
  });
  await next.start();
  return { server: next, changes };
}

/** The changes of one setting, in a few words each. */
export function told(changes: readonly SettingChange[], name: string): string[] {
  return changes
    .filter((change) => change.name === name)
    .map(({ kind, severity }) => (severity ? `${kind}, ${severity}` : kind));
}

/** A certificate for 127.0.0.1 and its key. */
export async function makeCertificate(directory: string): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [`${directory}/made.crt`, `${directory}/made.key`];
  const subject = ['-subj', '/CN=127.0.0.1', '-days', '1', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  await run(['openssl', 'req', '-new', '-x509', '-nodes', ...subject, '-keyout', key, '-out', certificate]);
  return { certificate, key };
}
