import { Client } from 'pg';
import type { SandboxPgBouncer } from '../../sandbox/pgbouncer';
import type { SandboxServer } from '../../sandbox/postgres-server';
import type { PgBouncerEntry } from '../../src/inventory/schema';

/** A PgBouncer as the inventory would describe it. */
export function entryOf(bouncer: SandboxPgBouncer, overrides: Partial<PgBouncerEntry> = {}): PgBouncerEntry {
  const { port, adminUser: user, passwordFile } = bouncer;
  return { host: '127.0.0.1', port, user, password: `file:${passwordFile}`, ...overrides };
}

/** A client of the server's superuser through PgBouncer. */
export async function connectThrough(
  { port }: SandboxPgBouncer,
  { passwords }: SandboxServer,
  database = 'postgres',
): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port, user: 'postgres', password: passwords.postgres, database });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
