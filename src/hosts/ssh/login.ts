import type { ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';
import { utils } from 'ssh2';
import { HostRefused } from '../host';
import type { KnownKey } from './known-hosts';
import type { SshSettings } from './settings';

/** What a host is shown to let us in. @throws HostRefused when the worker has nothing to show. */
export function credentials(settings: SshSettings): Pick<ConnectConfig, 'agent' | 'privateKey'> {
  const { name, key } = settings;
  if (key === 'agent') {
    const agent = process.env.SSH_AUTH_SOCK;
    if (!agent)
      throw new HostRefused(`${name}: the key is the SSH agent's, and SSH_AUTH_SOCK is not set on this worker.`);
    return { agent };
  }
  const privateKey = key.read();
  const parsed = utils.parseKey(privateKey);
  if (parsed instanceof Error) {
    throw new HostRefused(
      `${name}: the key ${key.reference} can't be used (${parsed.message}). One with a passphrase belongs into the SSH agent.`,
    );
  }
  return { privateKey };
}

const SIGNATURES: Record<string, ServerHostKeyAlgorithm[]> = {
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};
const ALL: ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Kinds of host keys, those that are known of the host first: it shows one that can be compared. */
export function hostKeyAlgorithms(known: readonly KnownKey[]): ServerHostKeyAlgorithm[] {
  const first = known.flatMap(({ type }) => SIGNATURES[type] ?? ALL.filter((each) => each === type));
  return [...new Set([...first, ...ALL])];
}
