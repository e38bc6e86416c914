import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, tryRun } from '../command';
import { CGROUPS, networkNamespace } from './names';
import { directoriesOf } from './root-file-system';

const BOOT_DEADLINE_MS = 30_000;

// Of its own: the control groups, without which all hosts would share one, and the directory in which systemd-nspawn
// keeps what it has running.
const LAUNCH = `
for group in "$@"; do case $group in --) break ;; esac; echo $$ >"$group/cgroup.procs"; shift; done; shift
exec unshare --mount --propagation private sh -c '
  mkdir -p /run/systemd/nspawn && mount -t tmpfs tmpfs /run/systemd/nspawn && exec "$@"' sh "$@"`;

/** Starts the host's systemd, and returns when its sshd answers. @param binds `--bind` arguments of systemd-nspawn. */
export async function boot(host: string, address: string, binds: string[]): Promise<void> {
  const groups = CGROUPS.map((group) => join(group, host));
  await run(['mkdir', '-p', ...groups]);
  const { root, console: file } = directoriesOf(host);
  const nspawn = ['systemd-nspawn', '--register=no', '--keep-unit', '--boot', '--kill-signal=SIGRTMIN+3', '--quiet'];
  nspawn.push('--directory', root, '--machine', host, '--hostname', host, '--link-journal=no', '--console=pipe');
  nspawn.push(`--network-namespace-path=/run/netns/${networkNamespace(host)}`, ...binds);
  const log = openSync(file, 'a');
  const child = spawn('sh', ['-c', LAUNCH, 'sh', ...groups, '--', ...nspawn], {
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  await answers(address, () => readFileSync(file, 'utf8').slice(-2000));
}

async function answers(address: string, said: () => string): Promise<void> {
  const deadline = Date.now() + BOOT_DEADLINE_MS;
  while (!(await reachable(address))) {
    if (Date.now() > deadline)
      throw new Error(`The host at ${address} does not answer on SSH. Its console:\n${said()}`);
    await sleep(50);
  }
}

function reachable(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, timeout: 500 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    // A server that takes connections and does not speak yet would refuse the first real one.
    socket.once('data', (data) => end(data.toString().startsWith('SSH-')));
    socket.once('error', () => end(false)).once('timeout', () => end(false));
  });
}

/** Every process of the host (of all hosts without one), the launcher's among them. */
export async function processesOf(host = ''): Promise<number[]> {
  const list = 'find "$@" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un; true';
  const pids = await run(['sh', '-c', list, 'sh', ...CGROUPS.map((group) => join(group, host))]);
  return pids.split('\n').filter(Boolean).map(Number);
}

/** Ends all of them at once, as a power cut does. */
export async function powerCut(host?: string): Promise<void> {
  for (let pids = await processesOf(host); pids.length > 0; pids = await processesOf(host)) {
    await tryRun(['kill', '-KILL', ...pids.map(String)]);
    await sleep(20);
  }
}

/** The command lines of the host's processes; one that has just ended has none any more. */
export async function commandLines(host: string): Promise<string[]> {
  const lines = (await processesOf(host)).map((pid) => ofProcess(pid, 'cmdline').replaceAll('\0', ' ').trim());
  return lines.filter((line) => line !== '');
}

/** A file of /proc about a process; empty where it has just ended. */
function ofProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

/** Runs a command as root inside the host, past its network and sshd. @returns its standard output. */
export async function inside(host: string, argv: string[], input?: string): Promise<string> {
  const init = await initOf(host);
  const enter = ['nsenter', '--target', String(init), '--mount', '--uts', '--ipc', '--net', '--pid', '--'];
  return run([...enter, ...argv], { input });
}

/** The host's process 1, as this machine numbers it. */
async function initOf(host: string): Promise<number> {
  for (const pid of await processesOf(host)) {
    const [, own] = /^NSpid:\s+\d+\s+(\d+)$/m.exec(ofProcess(pid, 'status')) ?? [];
    if (own === '1') return pid;
  }
  throw new Error(`Host ${host} is not running.`);
}
