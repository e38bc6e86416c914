import type { ClusterEntry, PgBouncerEntry } from '../inventory/schema';
import { resolveSecret } from '../inventory/secrets';
import type { Cluster, Layout } from '../postgres/cluster';
import { programArguments } from '../postgres/client-programs';
import { passLine } from '../postgres/tools';

/** PgBouncer's admin console could not be reached, or refused a command. The message says which one and what it said. */
export class ConsoleFailed extends Error {
  override name = 'ConsoleFailed';
}

/** A row of one of the console's SHOW commands. Columns differ between versions, so they are taken by name. */
export type ConsoleRow = Record<string, string>;

/** `127.0.0.1:6432`, as messages name it. */
export function nameOf({ host, port }: PgBouncerEntry): string {
  return `${host}:${port}`;
}

/** The PgBouncers of a cluster by the names that messages give them. */
export function namesOf(entry: Pick<ClusterEntry, 'pgbouncer'>): string[] {
  return entry.pgbouncer.map(nameOf);
}

/** psql with a command for the admin console. It never asks for a password: one comes by PGPASSFILE or is not needed. */
export function consoleArguments(
  paths: Layout,
  { host, port, user }: PgBouncerEntry,
  command: string,
  environment: Record<string, string> = {},
): string[] {
  const where = [`--host=${host}`, `--port=${port}`, `--username=${user}`, '--dbname=pgbouncer', '--no-password'];
  const form = ['--no-psqlrc', '--quiet', '--no-align', '--field-separator=\t', '--pset=footer=off'];
  // Settings of sessions are nothing that PgBouncer's own console takes.
  const variables = { PGCONNECT_TIMEOUT: '10', PGOPTIONS: '', ...environment };
  return programArguments(paths, 'psql', [...where, ...form, `--command=${command}`], variables);
}

/** What a PGPASSFILE holds for the console: nothing where it needs no password. */
export function consolePassLines({ host, port, user, password }: PgBouncerEntry): string {
  if (password === undefined) return '';
  // libpq looks its default socket directory up as "localhost".
  const hosts = host.startsWith('/') ? [host, 'localhost'] : [host];
  const secret = resolveSecret(password);
  return hosts.map((each) => passLine({ host: each, port, user }, secret)).join('');
}

// The password comes in by standard input, into a file that only the OS user can read and that is gone afterwards.
const WITH_PASSWORD =
  'umask 077; f=$(mktemp) || exit 1; trap \'rm -f -- "$f"\' EXIT; cat >"$f"; PGPASSFILE=$f "$@" </dev/null';

/**
 * Gives the admin console of one PgBouncer a command, from the cluster's host and as its OS user.
 * @returns the rows of its answer, none for commands that only do something.
 * @throws ConsoleFailed with what it said.
 */
export async function askConsole(
  cluster: Cluster,
  paths: Layout,
  bouncer: PgBouncerEntry,
  command: string,
): Promise<ConsoleRow[]> {
  const result = await cluster.host.run({
    argv: ['sh', '-c', WITH_PASSWORD, 'sh', ...consoleArguments(paths, bouncer, command)],
    user: cluster.entry.osUser,
    input: consolePassLines(bouncer),
  });
  if (result.exitCode !== 0) {
    const said = (result.stderr.trim() || result.stdout.trim()).slice(-1000);
    throw new ConsoleFailed(`PgBouncer ${nameOf(bouncer)}, asked for ${command} as ${bouncer.user}, said: ${said}`);
  }
  return rows(result.stdout);
}

function rows(text: string): ConsoleRow[] {
  const [header, ...lines] = text.trimEnd().split('\n');
  const names = header.split('\t');
  return lines.map((line) => Object.fromEntries(line.split('\t').map((value, index) => [names[index], value])));
}

/** A database's name as the console takes it. */
export function consoleIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
