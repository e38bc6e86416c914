import { CommandFailed, output, type Host } from './host';

/** Whether a path exists on the host, seen as `user`. */
export async function exists(host: Host, path: string, user?: string): Promise<boolean> {
  return (await host.run({ argv: ['test', '-e', path], user })).exitCode === 0;
}

/** A text file's content. @throws CommandFailed when it can't be read. */
export function readFile(host: Host, path: string, user?: string): Promise<string> {
  return output(host, { argv: ['cat', '--', path], user });
}

/**
 * For scripts that keep what comes by standard input: `whole FILE BYTES` fails when not all of it came. Standard input ends
 * early, and like any other, when the worker dies that writes to it.
 */
export const WHOLE = `whole() { [ "$(wc -c <"$1")" -eq "$2" ] || { echo "$1 has $(wc -c <"$1") bytes of $2" >&2; return 1; }; }`;

/**
 * Writes a file whole or not at all: a reader never sees half of it, nor does a crash leave half of it, be it the host's or
 * the worker's.
 */
export async function writeFile(
  host: Host,
  path: string,
  content: string,
  options: { user?: string; mode?: string } = {},
): Promise<void> {
  const script = `${WHOLE}
umask 077; t=$(mktemp -- "$1.XXXXXX") || exit 1
cat >"$t" && whole "$t" "$3" && chmod -- "$2" "$t" && sync -- "$t" && mv -f -- "$t" "$1" || { rm -f -- "$t"; exit 1; }`;
  await output(host, {
    argv: ['sh', '-c', script, 'sh', path, options.mode ?? '0600', String(Buffer.byteLength(content))],
    user: options.user,
    input: content,
  });
}

/** Makes a directory with its parents; the last one belongs to `owner` and is closed to others. */
export async function makeDirectory(host: Host, path: string, owner: string, mode = '0700'): Promise<void> {
  // As the owner where its parent lets it, else by root who then hands it over.
  const made = await host.run({ argv: ['mkdir', '-p', '-m', mode, '--', path], user: owner });
  if (made.exitCode === 0) return;
  await output(host, { argv: ['mkdir', '-p', '--', path], user: 'root' });
  await output(host, { argv: ['chown', '--', owner, path], user: 'root' });
  await output(host, { argv: ['chmod', '--', mode, path], user: owner });
}

/** Removes a directory tree; one that is not there is removed already. */
export async function removeTree(host: Host, path: string, user?: string): Promise<void> {
  await output(host, { argv: ['rm', '-rf', '--', path], user, timeoutMs: 30 * 60_000 });
}

/** Bytes on disk below a path. What goes while they are counted does not count. */
export async function usedBytes(host: Host, path: string, user?: string): Promise<number> {
  const argv = ['du', '-sB1', '--', path];
  const counted = await host.run({ argv, user, env: { LC_ALL: 'C' }, timeoutMs: 30 * 60_000 });
  const vanished = counted.stdout !== '' && /^(du: .*: No such file or directory\n)+$/.test(counted.stderr);
  if (counted.exitCode !== 0 && !vanished) throw new CommandFailed(host.name, argv, counted);
  return Number(counted.stdout.split(/\s/)[0]);
}
