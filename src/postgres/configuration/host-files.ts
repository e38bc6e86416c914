import { WHOLE } from '../../hosts/files';
import { output, type Host } from '../../hosts/host';
import type { TextEncoding } from './translation';

/** A text file's content with what is needed to write it again byte for byte. */
export interface TextFile {
  content: string;
  encoding: TextEncoding;
  /** Octal permissions, such as `0640`. */
  mode: string;
}

const READ = `for p in "$@"; do
  if [ -e "$p" ]; then m=$(stat -L -c %a -- "$p") && b=$(base64 -w0 -- "$p") && echo "$m $b" || exit 1; else echo missing; fi
done`;

/**
 * Reads files as `user`.
 * @returns one entry for each path in their order; undefined where there is no such file.
 * @throws CommandFailed when one is there and can't be read.
 */
export async function readTexts(host: Host, user: string, paths: readonly string[]): Promise<(TextFile | undefined)[]> {
  if (paths.length === 0) return [];
  const text = await output(host, { argv: ['sh', '-c', READ, 'sh', ...paths], user });
  return text
    .split('\n')
    .slice(0, paths.length)
    .map((line) => {
      if (line === 'missing') return undefined;
      const [mode, base64] = line.split(' ');
      return { ...decode(Buffer.from(base64, 'base64')), mode: mode.padStart(4, '0') };
    });
}

function decode(bytes: Buffer): { content: string; encoding: TextEncoding } {
  const content = bytes.toString('utf8');
  // Old comments may be in any encoding. Latin-1 takes every byte and gives it back.
  if (Buffer.from(content, 'utf8').equals(bytes)) return { content, encoding: 'utf8' };
  return { content: bytes.toString('latin1'), encoding: 'latin1' };
}

/** Names in a directory; none where there is no such directory. */
export async function listDirectory(host: Host, user: string, directory: string): Promise<string[]> {
  const argv = ['sh', '-c', '[ ! -d "$1" ] || ls -A -- "$1"', 'sh', directory];
  return (await output(host, { argv, user })).split('\n').filter((name) => name !== '');
}

/** What is at a path, symbolic links followed. */
export interface PathState {
  kind: 'file' | 'directory' | 'other' | 'missing';
  /** Octal permissions; empty when missing. */
  mode: string;
}

/** Looks at paths as `user`, in their order. */
export async function lookAtPaths(host: Host, user: string, paths: readonly string[]): Promise<PathState[]> {
  if (paths.length === 0) return [];
  const script = 'for p in "$@"; do stat -L -c "%a %F" -- "$p" 2>/dev/null || echo missing; done';
  const text = await output(host, { argv: ['sh', '-c', script, 'sh', ...paths], user, env: { LC_ALL: 'C' } });
  return text
    .split('\n')
    .slice(0, paths.length)
    .map((line) => {
      const [mode, ...kind] = line.split(' ');
      if (mode === 'missing') return { kind: 'missing', mode: '' };
      const name = kind.join(' ');
      return {
        kind: name.startsWith('regular') ? 'file' : name === 'directory' ? name : 'other',
        mode: mode.padStart(4, '0'),
      };
    });
}

/** Paths with symbolic links resolved, in their order; a path that does not exist stays as it is. */
export async function realPaths(host: Host, user: string, paths: readonly string[]): Promise<string[]> {
  const script = 'for p in "$@"; do realpath -m -- "$p" || exit 1; done';
  const text = await output(host, { argv: ['sh', '-c', script, 'sh', ...paths], user });
  return text.split('\n').slice(0, paths.length);
}

// Written beside its place and moved there, and only when it differs: doing it again does nothing.
const PUT = `${WHOLE}
set -e
[ ! -d "$1" ] || { echo "$1 is a directory" >&2; exit 1; }
umask 077
t=$(mktemp -- "$1.XXXXXX")
trap 'rm -f -- "$t"' EXIT
if [ -n "$3" ]; then cat -- "$3" >"$t"; else base64 -d >"$t"; whole "$t" "$4"; fi
if [ ! -L "$1" ] && cmp -s -- "$t" "$1" && [ "$(stat -c %a -- "$1")" = "\${2#0}" ]; then exit 0; fi
chmod -- "$2" "$t"
sync -- "$t"
mv -f -- "$t" "$1"`;

/** Writes a file as `user`, whole or not at all. */
export async function putText(host: Host, user: string, path: string, file: TextFile): Promise<void> {
  const bytes = Buffer.from(file.content, file.encoding);
  const argv = ['sh', '-c', PUT, 'sh', path, file.mode, '', String(bytes.length)];
  await output(host, { argv, user, input: bytes.toString('base64') });
}

/** Copies a file on the host as `user`, whole or not at all; its bytes stay there. */
export async function putCopy(host: Host, user: string, from: string, to: string, mode: string): Promise<void> {
  await output(host, { argv: ['sh', '-c', PUT, 'sh', to, mode, from], user });
}

/** What the server said on its way to an end: its messages without their prefix, hints and details with them. */
export function serverMessages(stderr: string): { level: string; text: string }[] {
  return stderr.split('\n').flatMap((line) => {
    const match = /(?:^|\s)(DEBUG\d?|INFO|LOG|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|CONTEXT):\s+(.*)$/.exec(
      line,
    );
    return match ? [{ level: match[1], text: match[2] }] : [];
  });
}
