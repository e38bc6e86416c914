import type { Duplex } from 'node:stream';
import { Client, type ConnectConfig } from 'ssh2';
import { HostRefused, HostUnreachable } from '../host';
import { forward } from './forward';
import { keyRefusal, readKnownKeys } from './known-hosts';
import { credentials, hostKeyAlgorithms } from './login';
import { knownName, type SshSettings } from './settings';
import { Slots } from './slots';

/** Three unanswered in a row: a peer that died without a word is noticed within 15 s. */
const KEEPALIVE = { keepaliveInterval: 5_000, keepaliveCountMax: 2 };
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_MS = 5 * 60_000;

/** An open connection: what ends with it, too. */
export interface Session {
  client: Client;
  slots: Slots;
}

/**
 * One SSH connection to one host, made at the first use and kept for all that follow. When it is lost, whatever was going
 * on over it fails, and the next use connects anew.
 */
export class SshConnection {
  private session?: Promise<Session>;
  private users = 0;
  private idle?: NodeJS.Timeout;
  /** What was last heard of the connection's end. */
  private why = '';

  constructor(readonly settings: SshSettings) {}

  /** Does `work` with the open connection; @throws HostUnreachable, also when it is lost before `work` settles. */
  async use<T>(what: string, work: (session: Session) => Promise<T>): Promise<T> {
    clearTimeout(this.idle);
    this.users += 1;
    try {
      const session = await (this.session ??= this.connect());
      return await this.unlessLost(session.client, what, work(session));
    } finally {
      this.users -= 1;
      if (this.users === 0) this.idle = setTimeout(() => void this.close(), IDLE_MS).unref();
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    const session = await this.session?.catch(() => undefined);
    this.session = undefined;
    if (!session) return;
    const closed = new Promise<void>((resolve) => session.client.once('close', resolve));
    session.client.end();
    await closed;
  }

  private unlessLost<T>(client: Client, what: string, work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const lost = () => reject(this.lost(what));
      client.once('close', lost);
      work.then(resolve, reject).finally(() => client.off('close', lost));
    });
  }

  private lost(what: string): HostUnreachable {
    const { name } = this.settings;
    return new HostUnreachable(
      `${name}: the SSH connection to ${knownName(this.settings)} was lost during ${what}${this.why && ` (${this.why})`}. ` +
        'Whether that came to its end is not known; durable jobs go on there. The next attempt connects anew.',
    );
  }

  private connect(): Promise<Session> {
    this.why = '';
    const client = new Client();
    client.setMaxListeners(0); // every command in flight listens for the loss
    client.on('error', (error) => (this.why = error.message));
    const session = this.throughJump()
      .then((sock) => handshake(client, this.settings, sock))
      .then(() => ({ client, slots: new Slots() }));
    const forget = () => {
      if (this.session === session) this.session = undefined;
    };
    client.once('close', forget);
    session.catch(() => {
      forget();
      client.destroy();
    });
    return session;
  }

  private throughJump(): Promise<Duplex | undefined> {
    const { address, port, jump } = this.settings;
    return jump ? forward(connectionTo(jump), { address, port }) : Promise.resolve(undefined);
  }
}

async function handshake(client: Client, settings: SshSettings, sock: Duplex | undefined): Promise<void> {
  const known = readKnownKeys(settings);
  let refusal: string | undefined;
  const config: ConnectConfig = {
    ...(sock ? { sock } : { host: settings.address, port: settings.port }),
    ...KEEPALIVE,
    ...credentials(settings),
    username: settings.user,
    readyTimeout: CONNECT_TIMEOUT_MS,
    algorithms: { serverHostKey: hostKeyAlgorithms(known) },
    hostVerifier: (shown: Buffer) => (refusal = keyRefusal(settings, known, shown)) === undefined,
  };
  await new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', (error) => reject(refusal ? new HostRefused(refusal) : notConnected(settings, error)));
    client.once('close', () => reject(notConnected(settings, new Error('the host closed the connection'))));
    client.connect(config);
  });
}

function notConnected(settings: SshSettings, error: Error & { level?: string }): Error {
  const { name, user, key } = settings;
  const at = knownName(settings) + (settings.jump ? ` through ${settings.jump.name}` : '');
  if (error.level === 'client-authentication') {
    const shown = key === 'agent' ? "none of the SSH agent's keys" : `not the key ${key.reference}`;
    return new HostRefused(`${name}: ${at} takes ${shown} for user ${user} (${error.message}).`);
  }
  return new HostUnreachable(`${name}: ${at} can't be reached by SSH: ${error.message}. Nothing was touched.`);
}

const connections = new Map<string, SshConnection>();

/** The connection to a host: one for all activities of this process, for as long as its settings stay the same. */
export function connectionTo(settings: SshSettings): SshConnection {
  const id = JSON.stringify(settings);
  const connection = connections.get(id) ?? new SshConnection(settings);
  connections.set(id, connection);
  return connection;
}

/** Ends every connection, so that the process can end. */
export async function closeConnections(): Promise<void> {
  const open = [...connections.values()];
  connections.clear();
  await Promise.all(open.map((connection) => connection.close()));
}
