import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, tryRun } from '../command';
import { powerCut } from './container';
import { isOwn } from './owner';
import { BRIDGE, cable, CGROUPS, isOurs, LAB_DIRECTORY } from './names';

/** Removes all that a lab made, by name: whoever made it may be gone, or have been killed in the middle of it. */
export async function downLab(): Promise<void> {
  await powerCut();
  for (const mount of await mounts()) await run(['umount', '--lazy', mount]);
  const namespaces = (await run(['ip', 'netns', 'list'])).split('\n').map((line) => line.split(' ')[0]);
  for (const namespace of namespaces.filter(isOurs)) {
    await run(['ip', 'netns', 'delete', namespace]);
    // The namespace takes its end of the cable with it, but not at once.
    await tryRun(['ip', 'link', 'delete', cable(namespace.slice(namespace.indexOf('-') + 1))]);
  }
  await tryRun(['ip', 'link', 'delete', BRIDGE]); // there is none after a run that came to nothing
  for (const group of CGROUPS)
    await run(['sh', '-c', 'find "$1" -depth -type d -exec rmdir {} + 2>/dev/null; true', 'sh', group]);
  await rm(LAB_DIRECTORY, { recursive: true, force: true });
}

/** The same for a program that ends: a lab that has become another's by now is left alone. */
export async function downOwnLab(): Promise<void> {
  if (isOwn()) await downLab();
}

/** Mounts below the lab's directory, the deepest first. */
async function mounts(): Promise<string[]> {
  const table = await readFile('/proc/self/mountinfo', 'utf8');
  return table
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((place) => place.startsWith(join(LAB_DIRECTORY, '/')))
    .sort()
    .reverse();
}
