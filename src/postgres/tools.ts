import type { Cluster } from './cluster';

/** libpq options that lead PostgreSQL's own tools on the host to the running cluster as its admin. */
export function toolConnection(cluster: Cluster): string[] {
  const { admin, port } = cluster.entry;
  return [`--host=${admin.host}`, `--port=${port}`, `--username=${admin.user}`, '--no-password'];
}

/** A line for a PGPASSFILE, or nothing where the cluster needs no password. Colons and backslashes are escaped as libpq wants. */
export function passfile(cluster: Cluster): Record<string, string> {
  return passfileOf(cluster.password());
}

/** The same for a password that is not the admin's. */
export function passfileOf(password: string | undefined): Record<string, string> {
  if (password === undefined) return {};
  const escaped = password.replaceAll(/[\\:]/g, (character) => `\\${character}`);
  return { pgpass: `*:*:*:*:${escaped}\n` };
}
