import type { Cluster } from './cluster';

/** libpq options that lead PostgreSQL's own tools on the host to the running cluster as its admin. */
export function toolConnection(cluster: Cluster): string[] {
  const { admin, port } = cluster.entry;
  return [`--host=${admin.host}`, `--port=${port}`, `--username=${admin.user}`, '--no-password'];
}

/** A PGPASSFILE that fits whatever is asked for as the admin, or nothing where the cluster needs no password. */
export function passfile(cluster: Cluster): Record<string, string> {
  return passfileOf(cluster.password());
}

/** The same for a password that is not the admin's. */
export function passfileOf(password: string | undefined): Record<string, string> {
  return password === undefined ? {} : { pgpass: passLine({}, password) };
}

/** A line for a PGPASSFILE. What is left out fits anything. */
export function passLine(where: { host?: string; port?: number; user?: string }, password: string): string {
  // libpq wants colons and backslashes escaped.
  const escape = (text: string) => text.replaceAll(/[\\:]/g, (character) => `\\${character}`);
  const { host = '*', port = '*', user = '*' } = where;
  return `${escape(host)}:${port}:*:${escape(user)}:${escape(password)}\n`;
}
