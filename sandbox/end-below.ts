import { readdir, readlink, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelJob } from '../src/hosts/durable-job';
import { LocalHost } from '../src/hosts/local-host';
import { tryRun } from './command';
import { endChildren } from './processes';
import { find, stopServers } from './stop-servers';

/** Where jobs lie that the worker's own user runs. */
const OWN_JOBS = 'self';

/**
 * Ends all that pgpassage runs below a sandbox's directory: the commands under way, durable jobs, servers. They are found
 * by what stands in the directory, so that a later program can do it too. The directory stays.
 * @param first ends what would start more, one after the other.
 * @throws AggregateError of what could not be ended; the rest is ended all the same.
 */
export async function endBelow(directory: string, first: (() => Promise<void>)[] = []): Promise<void> {
  const failed: unknown[] = [];
  const attempt = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => void failed.push(error));
  // Twice: what runs now is seen by its command line, and what it has yet to make is there once it has ended.
  const before = await socketDirectories(directory);
  for (const end of first) await attempt(end());
  await attempt(endChildren());
  await attempt(endJobs(join(directory, 'work')));
  const after = await socketDirectories(directory);
  await attempt(stopServers(directory));
  for (const socket of [...before, ...after]) await attempt(rm(socket, { recursive: true, force: true }));
  if (failed.length > 0) throw new AggregateError(failed, failed.map(String).join('; '));
}

/** Durable jobs outlive the worker: that is what they are for. */
async function endJobs(workDirectory: string): Promise<void> {
  const host = new LocalHost('here', workDirectory);
  for (const owner of await entries(join(workDirectory, 'jobs'))) {
    const user = owner === OWN_JOBS ? undefined : owner;
    for (const id of await entries(join(workDirectory, 'jobs', owner))) await cancelJob(host, { id, user });
  }
}

async function entries(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Directories of sockets that lie outside, because paths of sockets are short; whoever made them ends with the demo. */
async function socketDirectories(directory: string): Promise<string[]> {
  const commands = (await tryRun(['ps', '-A', '-o', 'args='])).stdout.split('\n');
  const named = commands.filter((line) => line.includes(`${directory}/`));
  const notes = (await find(directory, 'socket-directory')).map((file) => readFile(file, 'utf8'));
  const links = (await find(join(directory, 'work'), 's')).map((link) => readlink(link));
  const texts = [...named, ...(await Promise.allSettled([...notes, ...links])).map(textOf)];
  return [...new Set(texts.flatMap((text) => text.match(/\/tmp\/pgpassage[.-]\w+/g) ?? []))];
}

/** Notes and links vanish when their server ends well; then there is nothing left to remove. */
function textOf(result: PromiseSettledResult<string>): string {
  return result.status === 'fulfilled' ? result.value : '';
}
