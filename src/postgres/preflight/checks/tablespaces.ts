import { output } from '../../../hosts/host';
import type { Check, Found, PreflightContext } from '../check';

interface Tablespace {
  name: string;
  location: string;
}

export const tablespaces: Check = {
  name: 'tablespaces',
  title: "Nothing of the target version lies in the tablespaces, and none lies in the old cluster's directory",
  mechanism: 'catalog: pg_tablespace; host: their directories',
  async run(context) {
    const rows = await context.sql(undefined, (sql) =>
      sql.query<Tablespace & Record<string, unknown>>(
        `select spcname as name, pg_tablespace_location(oid) as location from pg_tablespace
          where spcname not in ('pg_default', 'pg_global') order by 1`,
      ),
    );
    const findings = [];
    for (const tablespace of rows) findings.push(...(await look(context, tablespace)));
    return [...findings, ...(await walDirectory(context))];
  },
};

async function look(context: PreflightContext, { name, location }: Tablespace): Promise<Found[]> {
  const object = `tablespace ${name}`;
  if (!location.startsWith('/')) {
    // allow_in_place_tablespaces: below pg_tblspc, with a relative location that pg_upgrade can't use.
    const seen = `it lies in the data directory itself (${location})`;
    const action = 'Move what is in it to pg_default (ALTER TABLE … SET TABLESPACE) and drop it.';
    return [{ severity: 'blocker', effect: 'ends the upgrade', object, seen, action }];
  }
  const left = await leftovers(context, location);
  return [
    ...left.map((directory) => leftover(context, object, directory)),
    ...(await inside(context, object, location)),
  ];
}

async function leftovers({ cluster, to }: PreflightContext, location: string): Promise<string[]> {
  const script = 'cd -- "$1" && for d in PG_"$2"_*; do if [ -d "$d" ]; then printf "%s\\n" "$1/$d"; fi; done';
  const argv = ['sh', '-c', script, 'sh', location, String(to.version)];
  return (await output(cluster.host, { argv, user: cluster.entry.osUser })).split('\n').filter(Boolean);
}

function leftover({ to }: PreflightContext, object: string, directory: string): Found {
  return {
    ...{ severity: 'blocker', effect: 'ends the upgrade', object, version: to.version },
    seen: `${directory} is there already, from an earlier attempt or another cluster; pg_upgrade refuses that`,
    action: `See that no other cluster uses it, then remove ${directory}, and only it.`,
  };
}

async function inside({ cluster, from, to }: PreflightContext, object: string, location: string): Promise<Found[]> {
  const paths = [location, from.dataDirectory, to.dataDirectory];
  const real = await output(cluster.host, { argv: ['realpath', '-m', '--', ...paths], user: cluster.entry.osUser });
  const [own, ...data] = real.trim().split('\n');
  const holder = data.find((directory) => `${own}/`.startsWith(`${directory}/`));
  if (holder === undefined) return [];
  return [
    {
      ...{ severity: 'blocker', effect: 'breaks later', object, judgement: true },
      seen: `its location ${location} is inside ${holder}: removing the old data directory later would remove the new cluster's tables`,
      action: 'Move it out: a new tablespace elsewhere, ALTER TABLE … SET TABLESPACE, then drop this one.',
    },
  ];
}

async function walDirectory({ cluster, from, to }: PreflightContext): Promise<Found[]> {
  const path = `${from.dataDirectory}/pg_wal`;
  const linked = await cluster.host.run({ argv: ['readlink', '--', path], user: cluster.entry.osUser });
  if (linked.exitCode !== 0) return [];
  return [
    {
      ...{ severity: 'notice', effect: 'costs time or space', object: path },
      seen: `the WAL lies elsewhere, in ${linked.stdout.trim()}; the target's will lie in ${to.dataDirectory}/pg_wal`,
      action: 'Move it after the phase with the server stopped, and leave a symbolic link.',
    },
  ];
}
