import { literal } from '../../connection';
import type { Check, Found, PreflightContext } from '../check';
import type { ScratchServer } from '../scratch-server';

interface Installed {
  database: string;
  name: string;
  version: string;
  libraries: string[];
}

interface Offered {
  name: string;
  default_version: string;
  versions: string[];
}

export const extensions: Check = {
  name: 'extensions',
  title: 'Every extension of every database is there for the target version, with a way to its new version',
  mechanism: 'scratch server: pg_available_extension_versions, pg_extension_update_paths(), its libraries are loaded',
  async run(context) {
    const installed = await context.inUpgradedDatabases((sql) =>
      sql.query<Installed & Record<string, unknown>>(
        `select current_database() as database, x.extname as name, x.extversion as version,
                array(select distinct p.probin from pg_proc p
                        join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid
                         and d.refclassid = 'pg_extension'::regclass and d.refobjid = x.oid and d.deptype = 'e'
                       where p.probin is not null) as libraries
           from pg_extension x order by 2`,
      ),
    );
    const scratch = await context.scratch();
    const offered = await offers(scratch);
    const errors = await scratch.loadErrors([...new Set(installed.flatMap(({ libraries }) => libraries))]);
    const findings = [];
    for (const extension of installed) {
      const offer = offered.find(({ name }) => name === extension.name);
      const broken = extension.libraries.flatMap((library) => errors.get(library) ?? []);
      if (broken.length > 0) findings.push(unloadable(context, extension, broken));
      else
        findings.push(
          ...(offer ? await wayFindings(context, scratch, extension, offer) : [missing(context, extension)]),
        );
    }
    return findings;
  },
};

function offers(scratch: ScratchServer): Promise<Offered[]> {
  return scratch.query<Offered>(
    `select e.name, e.default_version,
            array(select v.version from pg_catalog.pg_available_extension_versions v where v.name = e.name) as versions
       from pg_catalog.pg_available_extensions e`,
  );
}

function about({ name, database }: Installed): Pick<Found, 'object' | 'database'> {
  return { object: `extension ${name}`, database };
}

function missing({ to }: PreflightContext, extension: Installed): Found {
  return {
    ...{ severity: 'blocker', effect: 'breaks later', version: to.version, judgement: true, ...about(extension) },
    seen:
      `version ${extension.version} is installed, and PostgreSQL ${to.version} on this host has no control file of it; ` +
      'pg_upgrade looks at libraries only, so it may pass and leave an extension that can be neither updated nor dumped',
    action: `Install its package for PostgreSQL ${to.version}, or DROP EXTENSION ${extension.name} in this database.`,
  };
}

async function wayFindings(
  { to }: PreflightContext,
  scratch: ScratchServer,
  extension: Installed,
  offer: Offered,
): Promise<Found[]> {
  const { version, name } = extension;
  if (version === offer.default_version) return [];
  const paths = await scratch.query<{ target: string }>(
    `select target from pg_catalog.pg_extension_update_paths(${literal(name)})
      where source = ${literal(version)} and path is not null`,
  );
  if (paths.some(({ target }) => target === offer.default_version)) {
    return [
      {
        ...{ severity: 'notice', effect: 'none', version: to.version, ...about(extension) },
        seen: `version ${version} is installed and stays so in pg_upgrade; the target's own is ${offer.default_version}, with a way to it`,
        action: `After the phase: ALTER EXTENSION ${name} UPDATE.`,
      },
    ];
  }
  const installable = offer.versions.includes(version);
  return [
    {
      ...{
        severity: installable ? 'warning' : 'blocker',
        effect: 'breaks later',
        version: to.version,
        ...about(extension),
      },
      ...(installable ? {} : { judgement: true as const }),
      seen:
        `version ${version} is installed; PostgreSQL ${to.version} on this host offers ${offer.versions.join(', ')}, ` +
        `and no update leads from ${version} to ${offer.default_version}`,
      action: installable
        ? `It stays at ${version}. To go on from there, supply an update script or rebuild what uses it.`
        : `Supply an update script or a package that knows ${version}, or first update it to a version that the target knows.`,
    },
  ];
}

function unloadable({ to }: PreflightContext, extension: Installed, errors: string[]): Found {
  return {
    ...{ severity: 'blocker', effect: 'ends the upgrade', version: to.version, ...about(extension) },
    seen: `PostgreSQL ${to.version} does not load its library: ${errors.join('; ')}`,
    action: `Install the package that brings it for PostgreSQL ${to.version}, or DROP EXTENSION ${extension.name} in this database.`,
  };
}
