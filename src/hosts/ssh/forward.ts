import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { HostUnreachable, type Target } from '../host';
import type { SshConnection } from './connection';

const OPEN_TIMEOUT_MS = 10_000;

/**
 * Connects from the host to a port or socket of its own, through the SSH connection: the worker needs no way of its own to
 * it, and nothing listens on the worker. The connection counts as in use until the stream closes.
 */
export function forward(connection: SshConnection, target: Target): Promise<Duplex> {
  const what = 'path' in target ? target.path : `${target.address}:${target.port}`;
  return new Promise((resolve, reject) => {
    let stream: ClientChannel | undefined;
    connection
      .use(`a connection to ${what}`, async ({ client }) => {
        const opened = await open(client, target).catch((error: Error) => {
          throw notOpened(connection.settings.name, what, error);
        });
        opened.on('error', () => undefined); // whoever uses the stream listens as well
        // A channel stays half open when the server goes, and whoever waits for an answer would wait for ever; sockets close.
        opened.once('end', () => opened.end());
        resolve((stream = opened));
        await new Promise((closed) => opened.once('close', closed));
      })
      .catch((error: Error) => (stream ? stream.emit('error', error) : reject(error)));
  });
}

function open(client: Client, target: Target): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${OPEN_TIMEOUT_MS} ms`)), OPEN_TIMEOUT_MS);
    const opened = (error: Error | undefined, stream: ClientChannel) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(stream);
    };
    if ('path' in target) client.openssh_forwardOutStreamLocal(target.path, opened);
    else client.forwardOut('127.0.0.1', 0, target.address, target.port, opened);
  });
}

function notOpened(host: string, what: string, error: Error): Error {
  const prohibited = /prohibited/.test(error.message)
    ? ' sshd_config has to allow it: AllowTcpForwarding local, AllowStreamLocalForwarding local.'
    : '';
  return new HostUnreachable(`${host}: ${what} does not answer as seen from the host: ${error.message}.${prohibited}`);
}
