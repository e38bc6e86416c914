import { setTimeout as sleep } from 'node:timers/promises';
import { output, type Host } from '../hosts/host';
import type { Measured, SoakCursor } from '../migration/soak';
import type { Cluster, Layout } from './cluster';

type CpuTime = NonNullable<SoakCursor['cpu']>;

/** Where there was no look before, the processors are watched for this long. */
const FIRST_LOOK_MS = 500;
/** Ticks (of 10 ms, of all processors together) below which a percentage would be chance. */
const FEWEST_TICKS = 20;

/**
 * How busy the host's processors were since the look before, or, without one, for half a second from now.
 * Time that a hypervisor took away counts as busy: it can't be used. Waiting for disks does not.
 */
export async function cpuLoad(
  host: Host,
  before: CpuTime | undefined,
): Promise<{ measured: Measured; cursor: CpuTime }> {
  const now = await cpuTime(host);
  if (before && before.boot === now.boot && now.total - before.total >= FEWEST_TICKS) {
    return { measured: busy(before, now, 'since the look before'), cursor: now };
  }
  await sleep(FIRST_LOOK_MS);
  const later = await cpuTime(host);
  return { measured: busy(now, later, `for ${FIRST_LOOK_MS} ms`), cursor: later };
}

async function cpuTime(host: Host): Promise<CpuTime> {
  const text = await output(host, { argv: ['head', '-q', '-n', '1', '/proc/sys/kernel/random/boot_id', '/proc/stat'] });
  const [boot, line] = text.split('\n');
  // user nice system idle iowait irq softirq steal; guest time, which follows, is part of user. See proc(5).
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, each) => sum + each, 0);
  return { boot, total, busy: total - ticks[3] - ticks[4] };
}

function busy(from: CpuTime, to: CpuTime, when: string): Measured {
  const share = (100 * (to.busy - from.busy)) / Math.max(1, to.total - from.total);
  // iowait may go backwards a little (proc(5)).
  const value = Math.min(100, Math.max(0, share));
  return { value, detail: `the processors were ${value.toFixed(0)} % busy ${when}` };
}

// Each in its own file system, or not: df shows where a directory really is.
const DISKS = `set -- "$1/." "$1/pg_wal/." "$1"/pg_tblspc/*/.
[ -e "$3" ] || set -- "$1" "$2"
exec df -B1 --output=used,avail,target -- "$@"`;

/** Percent free of the fullest file system among those of data directory, pg_wal and tablespaces. @throws CommandFailed */
export async function freeDisk(cluster: Cluster, paths: Layout): Promise<Measured> {
  const argv = ['sh', '-c', DISKS, 'sh', paths.dataDirectory];
  const text = await output(cluster.host, { argv, user: cluster.entry.osUser, env: { LC_ALL: 'C' } });
  const disks = text.trim().split('\n').slice(1).map(diskOf);
  const fullest = disks.reduce((one, other) => (other.free < one.free ? other : one));
  const gigabytes = (fullest.bytes / 1024 ** 3).toFixed(1);
  return { value: fullest.free, detail: `${fullest.free.toFixed(1)} % (${gigabytes} GB) free on ${fullest.mount}` };
}

function diskOf(line: string): { mount: string; bytes: number; free: number } {
  const [used, available, ...mount] = line.trim().split(/\s+/);
  const bytes = Number(available);
  // As df's own percentage: what only root may use counts neither as used nor as free.
  return { mount: mount.join(' '), bytes, free: (100 * bytes) / Math.max(1, Number(used) + bytes) };
}
