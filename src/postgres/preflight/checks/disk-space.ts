import { output } from '../../../hosts/host';
import { workDirectory } from '../../cluster';
import type { Check, Found, Mode, PreflightContext } from '../check';

/** Room that something will take. */
export interface Need {
  path: string;
  bytes: number;
  what: string;
}

/** A file system as df shows it. */
export interface FileSystem {
  mount: string;
  free: number;
}

/** Beyond the sum of what is needed, as everybody's runbook has it. */
const MARGIN = 1.2;
/** What pg_upgrade writes anew where it shares or takes over the files: catalogs, WAL. */
const SHARED_PART = 0.1;

export const diskSpace: Check = {
  name: 'disk-space',
  title: "There is room for the target, the backup and a rehearsal on each one's file system",
  mechanism: 'catalog: sizes; host: df',
  async run(context) {
    const needs = await phaseNeeds(context);
    const total = needs.dataBytes;
    const rehearsal = { path: workDirectory(context.cluster), bytes: total, what: 'the rehearsal' };
    const all = [...needs.needs, rehearsal];
    const systems = await fileSystems(context, [...new Set(all.map(({ path }) => path))]);
    const short = shortages(needs.needs, systems).map((shortage) => blocker(shortage));
    if (short.length > 0 || shortages(all, systems).length === 0) return short;
    return [
      {
        ...{ severity: 'notice', effect: 'costs time or space', object: rehearsal.path },
        seen: `there is no room for the rehearsal, which takes another ${gigabytes(total)} there`,
        action: 'Free that much, or go without a rehearsal: the outage can then be predicted from the size only.',
      },
    ];
  },
};

async function phaseNeeds(context: PreflightContext): Promise<{ needs: Need[]; dataBytes: number }> {
  const { cluster, to, mode } = context;
  const rows = await context.sql(undefined, (sql) =>
    sql.query<{ location: string; bytes: string }>(
      `select '' as location, (sum(pg_tablespace_size(oid)) + (select coalesce(sum(size), 0) from pg_ls_waldir()))::text as bytes
         from pg_tablespace where spcname in ('pg_default', 'pg_global')
       union all
       select pg_tablespace_location(oid), pg_tablespace_size(oid)::text from pg_tablespace
        where spcname not in ('pg_default', 'pg_global')`,
    ),
  );
  const part = targetPart(mode);
  const targets = rows.map(({ location, bytes }) => ({
    ...{
      path: location === '' ? to.dataDirectory : location,
      bytes: Number(bytes) * part,
      what: `the target (${mode ?? 'copy'})`,
    },
  }));
  const dataBytes = rows.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  return {
    needs: [...targets, { path: cluster.entry.backupDirectory, bytes: dataBytes, what: 'the backup' }],
    dataBytes,
  };
}

/** How much of the old data the target takes in addition to it. */
export function targetPart(mode: Mode | undefined): number {
  // copy_file_range shares blocks on some file systems and copies on the others.
  return mode === 'clone' || mode === 'link' || mode === 'swap' ? SHARED_PART : 1;
}

/** The file systems that paths are or will be on, by path. */
export async function fileSystems(
  { cluster }: Pick<PreflightContext, 'cluster'>,
  paths: string[],
): Promise<Map<string, FileSystem>> {
  const script = 'for p; do while [ ! -e "$p" ]; do p=$(dirname -- "$p"); done; df -PB1 -- "$p" | tail -n 1; done';
  const text = await output(cluster.host, { argv: ['sh', '-c', script, 'sh', ...paths] });
  const lines = text.trimEnd().split('\n');
  return new Map(
    paths.map((path, index) => {
      const [, , , free, , ...mount] = lines[index].split(/\s+/);
      return [path, { mount: mount.join(' '), free: Number(free) }];
    }),
  );
}

/** File systems that what is to come does not fit on. */
export function shortages(
  needs: Need[],
  systems: ReadonlyMap<string, FileSystem>,
): { system: FileSystem; needs: Need[]; needed: number }[] {
  const byMount = new Map<string, { system: FileSystem; needs: Need[]; needed: number }>();
  for (const need of needs) {
    const system = systems.get(need.path);
    if (!system) throw new Error(`df said nothing of ${need.path}`);
    const entry = byMount.get(system.mount) ?? { system, needs: [], needed: 0 };
    byMount.set(system.mount, { system, needs: [...entry.needs, need], needed: entry.needed + need.bytes * MARGIN });
  }
  return [...byMount.values()].filter(({ system, needed }) => needed > system.free);
}

function blocker({ system, needs, needed }: { system: FileSystem; needs: Need[]; needed: number }): Found {
  return {
    ...{ severity: 'blocker', effect: 'costs time or space', object: system.mount },
    seen:
      `${gigabytes(system.free)} are free, and ${gigabytes(needed)} are needed, 20 % to spare among them: ` +
      needs.map(({ what, bytes, path }) => `${gigabytes(bytes)} for ${what} in ${path}`).join(', '),
    action: 'Free that much, put the backup directory elsewhere, or choose a mode that needs less (clone or link).',
  };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(bytes < 1024 ** 3 ? 2 : 1)} GiB`;
}
