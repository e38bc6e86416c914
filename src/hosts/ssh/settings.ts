/** How a host is reached by SSH. */
export interface SshSettings {
  /** The host's name in the inventory; messages begin with it. */
  name: string;
  address: string;
  port: number;
  user: string;
  key: SshKey;
  /** The worker's file of host keys. */
  knownHosts: string;
  /** The host that the connection goes through. */
  jump?: SshSettings;
}

/** The worker's SSH agent, or a private key by its reference, read when a connection is made. */
export type SshKey = 'agent' | { reference: string; read(): string };

/** The address as known_hosts files write it. */
export function knownName({ address, port }: Pick<SshSettings, 'address' | 'port'>): string {
  return port === 22 ? address.toLowerCase() : `[${address.toLowerCase()}]:${port}`;
}
