import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HostRefused } from '../host';
import { knownName, type SshSettings } from './settings';

/** A line of a known_hosts file that is about one host. See sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownKey {
  type: string;
  /** Base64. */
  key: string;
  line: number;
  revoked: boolean;
}

/** The keys that a known_hosts text has for a host's name (`db1`, `[db1]:2222`). */
export function knownKeys(text: string, name: string): KnownKey[] {
  return text.split('\n').flatMap((line, index) => {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0].startsWith('@') ? fields.shift() : undefined;
    const [patterns, type, key] = fields;
    // Certificates are not what hosts show to us, so their authorities' keys vouch for none.
    if (key === undefined || patterns.startsWith('#') || marker === '@cert-authority') return [];
    return matches(patterns, name) ? [{ type, key, line: index + 1, revoked: marker === '@revoked' }] : [];
  });
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) {
    const [, , salt, hash] = patterns.split('|');
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  const list = patterns.toLowerCase().split(',');
  const some = (wanted: string[]) => wanted.some((pattern) => glob(pattern).test(name));
  return some(list.filter((each) => !each.startsWith('!'))) && !some(negated(list));
}

function negated(patterns: string[]): string[] {
  return patterns.filter((each) => each.startsWith('!')).map((each) => each.slice(1));
}

function glob(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

/** The keys known of a host; none where there is no such file. */
export function readKnownKeys(settings: SshSettings): KnownKey[] {
  return knownKeys(readKnownHosts(settings), knownName(settings));
}

function readKnownHosts({ name, knownHosts }: SshSettings): string {
  try {
    return readFileSync(knownHosts, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new HostRefused(`${name}: the host keys in ${knownHosts} can't be read on this worker: ${message}`);
  }
}

/** Why the key that a host showed is not taken; undefined where it is the one that is known. */
export function keyRefusal(settings: SshSettings, known: readonly KnownKey[], shown: Buffer): string | undefined {
  const { name, knownHosts } = settings;
  const type = keyType(shown);
  const same = known.filter(({ key }) => key === shown.toString('base64'));
  const told = `${type} ${fingerprint(shown)} of ${knownName(settings)}`;
  if (same.some(({ revoked }) => revoked)) return `${name}: the host key ${told} is revoked in ${knownHosts}.`;
  if (same.length > 0) return undefined;
  const other = known.find((each) => each.type === type && !each.revoked) ?? known.find((each) => !each.revoked);
  if (other) {
    return (
      `${name}: the host key ${told} is not the one in line ${other.line} of ${knownHosts} ` +
      `(${other.type} ${fingerprint(Buffer.from(other.key, 'base64'))}): the host was made anew, or another one answers in its place; nothing was sent to it.`
    );
  }
  return (
    `${name}: the host key ${told} is not in ${knownHosts}: compare it with what ssh-keygen -lf says of ` +
    `/etc/ssh/ssh_host_*_key.pub on the host, and add it (ssh-keyscan prints the line); nothing was sent to it.`
  );
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The wire form of a key begins with its type. */
function keyType(key: Buffer): string {
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('ascii');
}
