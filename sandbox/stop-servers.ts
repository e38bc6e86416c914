import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, tryRun } from './command';
import { asUser, serverUser } from './os-user';

const DEADLINE_MS = 20_000;

/**
 * Stops every PostgreSQL server whose data directory lies below `directory`: the cluster itself, in whichever version,
 * and what pre-flights, rehearsals and pg_upgrade had started when they were cut short.
 * @throws Error when one does not stop.
 */
export async function stopServers(directory: string): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    for (const pidFile of await find(directory, 'postmaster.pid')) await stop(directory, dirname(pidFile));
    // One that has just been started has not written its file yet.
    const running = await serversBelow(directory);
    if (running.length === 0) return;
    if (Date.now() > deadline) throw new Error(`Still running: ${running.join('; ')}.`);
    await sleep(100);
  }
}

/** Paths below `directory` that end with `name`. */
export async function find(directory: string, name: string): Promise<string[]> {
  // Files come and go while servers run, and `find` remarks on it; what it did find counts.
  const { stdout } = await tryRun(['find', directory, '-name', name]);
  return stdout.split('\n').filter((path) => path !== '');
}

async function stop(directory: string, dataDirectory: string): Promise<void> {
  const version = (await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8')).trim();
  const pgCtl = join(directory, 'versions', version, 'pg_ctl');
  const argv = [pgCtl, 'stop', '--wait', '--silent', '--mode=immediate', `--pgdata=${dataDirectory}`];
  const { code, stderr } = await tryRun(asUser(serverUser().name, argv));
  if (code === 0) return;
  // A server that was killed leaves its file behind.
  if (!/No such process|PID file/.test(stderr)) throw new Error(`${dataDirectory} does not stop: ${stderr}`);
  await run(['rm', '-f', join(dataDirectory, 'postmaster.pid')]);
}

async function serversBelow(directory: string): Promise<string[]> {
  const { stdout } = await tryRun(['ps', '-A', '-o', 'pid=,args=']);
  return stdout.split('\n').filter((line) => /\/postgres .*-D/.test(line) && line.includes(`${directory}/`));
}
