import { run } from '../command';
import { BRIDGE, cable, GATEWAY, networkNamespace } from './names';

/** Makes the bridge that the hosts are plugged into. Its traffic does not leave the machine. */
export async function makeBridge(): Promise<void> {
  await run(['ip', 'link', 'add', BRIDGE, 'type', 'bridge']);
  await run(['ip', 'address', 'add', `${GATEWAY}/24`, 'dev', BRIDGE]);
  await run(['ip', 'link', 'set', BRIDGE, 'up']);
}

/** Makes a host's network namespace with a cable to the bridge. */
export async function plugIn(host: string, address: string): Promise<void> {
  const namespace = networkNamespace(host);
  await run(['ip', 'netns', 'add', namespace]);
  await run(['ip', 'link', 'add', cable(host), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]);
  await run(['ip', 'link', 'set', cable(host), 'master', BRIDGE, 'up']);
  await run(['ip', '-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0']);
  await run(['ip', '-n', namespace, 'link', 'set', 'lo', 'up']);
  await run(['ip', '-n', namespace, 'link', 'set', 'eth0', 'up']);
}

/** Pulls the host's cable, or plugs it in again. */
export async function setCable(host: string, state: 'up' | 'down'): Promise<void> {
  await run(['ip', 'link', 'set', cable(host), state]);
}
