import { join } from 'node:path';
import { run } from '../../../sandbox/command';
import { asUser } from '../../../sandbox/os-user';
import type { MajorVersion } from '../../../sandbox/parts';
import { type SandboxServer, createServer } from '../../../sandbox/postgres-server';
import { SEED_HBA, SEED_SETTINGS } from '../../../sandbox/seed/seed';

/** What makes a test's server quick: nothing here has to survive a power cut. */
export const TEST_SETTINGS = { ...SEED_SETTINGS, fsync: 'off', full_page_writes: 'off', autovacuum: 'off' };

/** A cluster of that version in the same root, upgraded from the given one, which is stopped, by pg_upgrade alone, and running. */
export async function upgrade(old: SandboxServer, version: MajorVersion): Promise<SandboxServer> {
  const { adminPassword, root } = old;
  const next = await createServer({ version, root, adminPassword, settings: TEST_SETTINGS, hba: SEED_HBA });
  await old.stop();
  const directories = ['--old-datadir', old.dataDirectory, '--new-datadir', next.dataDirectory];
  const programs = ['--old-bindir', old.binDirectory, '--new-bindir', next.binDirectory];
  const argv = [join(next.binDirectory, 'pg_upgrade'), ...directories, ...programs];
  const options = ['--username=postgres', `--socketdir=${old.socketDirectory}`, '--jobs=2', '--no-sync'];
  await run(asUser(old.osUser, [...argv, ...options]), { cwd: root, timeoutMs: 120_000 });
  await next.start();
  Object.assign(next.passwords, old.passwords);
  return next;
}

/** Restores a dump of one server's whole cluster into another, empty one. */
export async function restore(old: SandboxServer, next: SandboxServer): Promise<void> {
  const at = ({ socketDirectory, port }: SandboxServer): string[] => [
    `--host=${socketDirectory}`,
    `--port=${port}`,
    '--username=postgres',
  ];
  const dump = await run(asUser(old.osUser, [join(next.binDirectory, 'pg_dumpall'), ...at(old)]));
  await run(asUser(next.osUser, [join(next.binDirectory, 'psql'), '--no-psqlrc', '--quiet', ...at(next)]), {
    input: dump,
  });
  // The dump has set the superuser's password to that of the old cluster.
  next.adminPassword = old.adminPassword;
}
