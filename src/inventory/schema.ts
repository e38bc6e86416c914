import { z } from 'zod';

/** A secret by reference: `env:NAME` or `file:/path`. The value itself never stands in the inventory. */
export const secretReference = z
  .string()
  .regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:\/.+)$/, 'a secret is a reference: env:NAME or file:/absolute/path');

const absolutePath = z.string().regex(/^\//, 'an absolute path is needed');
const versionedPath = absolutePath.refine(
  (path) => path.includes('{version}'),
  'the path needs the placeholder {version}',
);

const port = z.int().min(1).max(65535);

const sshSchema = z.strictObject({
  address: z.string().min(1),
  port: port.default(22),
  /** root, or a user who may sudo without a password. */
  user: z.string().min(1),
  /** The private key, or `agent`: the SSH agent of the worker (SSH_AUTH_SOCK). */
  key: z.union([z.literal('agent'), secretReference]),
  /** The worker's file of host keys; ~/.ssh/known_hosts of its user when absent. A key that is not in it is refused. */
  knownHosts: absolutePath.optional(),
  /** Another host of the inventory that the connection goes through. */
  jump: z.string().optional(),
});
const packageNames = z.array(z.string().min(1)).min(1);

/**
 * Where a version's programs come from. `{version}` in a name or argument becomes the target's.
 * - `present`: somebody else installs them.
 * - `apt`, `dnf`: PostgreSQL's own packages by their usual names; `{apt: [...]}`, `{dnf: [...]}`: these, extensions among them.
 * - `{command: [...]}`: a command, run as root, that does nothing where all is there.
 */
const packagesSchema = z.union([
  z.enum(['present', 'apt', 'dnf']),
  z.strictObject({ apt: packageNames }),
  z.strictObject({ dnf: packageNames }),
  z.strictObject({ command: packageNames }),
]);

const hostSchema = z.strictObject({
  /** How the worker reaches the host. `local` is the machine the worker runs on. */
  connection: z.union([z.literal('local'), z.strictObject({ ssh: sshSchema })]),
  /** Job directories, scratch servers and rehearsals live here; it has to be on a disk with room for a copy of the data. */
  workDirectory: absolutePath.default('/var/lib/pgpassage'),
  packages: packagesSchema.default('present'),
});

const serviceSchema = z.discriminatedUnion('manager', [
  z.strictObject({ manager: z.literal('pg_ctl') }),
  /** Debian's wrapper: `pg_ctlcluster {version} NAME start`. */
  z.strictObject({ manager: z.literal('pg_ctlcluster'), name: z.string().default('main') }),
  z.strictObject({
    manager: z.literal('systemd'),
    unit: z.string().includes('{version}').default('postgresql@{version}-main'),
  }),
]);

/** A PgBouncer in front of the cluster; pgpassage holds its clients back during the outage. */
const pgbouncerSchema = z.strictObject({
  /** Address or socket directory, as seen from the primary's host. */
  host: z.string().default('127.0.0.1'),
  port: z.int().min(1).max(65535).default(6432),
  /** One of its `admin_users`. With no password it is reached as the cluster's OS user, as its socket allows. */
  user: z.string().default('pgbouncer'),
  password: secretReference.optional(),
  /** Databases by the names that PgBouncer gives them. Default: all that it has. */
  databases: z.array(z.string().min(1)).min(1).optional(),
});

const weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 01:30');

/** Outside of the window no disruptive step starts. A window that ends before it begins passes midnight. */
export const windowSchema = z.strictObject({
  days: z.array(weekday).min(1).default(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']),
  from: timeOfDay,
  to: timeOfDay,
  timezone: z.string().default('UTC'),
});

/** A physical standby: a host's name alone where all else is as on the primary. */
const standbySchema = z.union([
  z.string().transform((host) => ({ host, name: host })),
  z
    .strictObject({
      host: z.string(),
      /** What plans, messages and files call it; the host's name when absent. */
      name: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'letters, digits, - and _')
        .optional(),
      /** Where the standby differs from the primary; what is absent is as there. */
      osUser: z.string().optional(),
      port: port.optional(),
      binDirectory: versionedPath.optional(),
      dataDirectory: versionedPath.optional(),
      configDirectory: versionedPath.optional(),
      logFile: versionedPath.optional(),
      backupDirectory: absolutePath.optional(),
      service: serviceSchema.optional(),
      admin: z.strictObject({ host: z.string() }).optional(),
    })
    .transform(({ name, ...rest }) => ({ ...rest, name: name ?? rest.host })),
]);

const clusterSchema = z.strictObject({
  primary: z.string(),
  standbys: z.array(standbySchema).default([]),
  /** The OS user that owns the data directory; PostgreSQL refuses to run as root. */
  osUser: z.string().default('postgres'),
  port: port.default(5432),
  binDirectory: versionedPath.default('/usr/lib/postgresql/{version}/bin'),
  dataDirectory: versionedPath.default('/var/lib/postgresql/{version}/main'),
  /** Where postgresql.conf and pg_hba.conf live when not in the data directory (Debian: /etc/postgresql/{version}/main). */
  configDirectory: versionedPath.optional(),
  /** The server's own log file, when pg_ctl starts it. */
  logFile: versionedPath.default('/var/log/postgresql/postgresql-{version}-main.log'),
  backupDirectory: absolutePath.default('/var/lib/postgresql/backups'),
  service: serviceSchema.default({ manager: 'systemd', unit: 'postgresql@{version}-main' }),
  /** The superuser that pgpassage connects as, over TCP or a socket directory, as seen from the primary's host. */
  admin: z
    .strictObject({
      user: z.string().default('postgres'),
      database: z.string().default('postgres'),
      host: z.string().default('127.0.0.1'),
      password: secretReference.optional(),
    })
    .prefault({}),
  /** Every PgBouncer that leads clients here; all are paused and resumed together. */
  pgbouncer: z.array(pgbouncerSchema).default([]),
  window: windowSchema.optional(),
});

/** The clusters and hosts file. See examples/inventory.yaml for the annotated form. */
export const inventorySchema = z
  .strictObject({ hosts: z.record(z.string(), hostSchema), clusters: z.record(z.string(), clusterSchema) })
  .superRefine(({ hosts, clusters }, context) => {
    for (const [name, cluster] of Object.entries(clusters)) {
      const say = (message: string) => context.addIssue({ code: 'custom', path: ['clusters', name], message });
      for (const host of [cluster.primary, ...cluster.standbys.map((standby) => standby.host)]) {
        if (!(host in hosts)) say(`host "${host}" is not listed under hosts`);
      }
      for (const { what, first, second } of collisions(cluster)) say(`${first} and ${second} have the same ${what}`);
    }
    for (const name of Object.keys(hosts)) {
      const message = jumpProblem(hosts, name);
      if (message) context.addIssue({ code: 'custom', path: ['hosts', name, 'connection', 'ssh', 'jump'], message });
    }
  });

function jumpProblem(hosts: Record<string, z.infer<typeof hostSchema>>, name: string): string | undefined {
  const passed = [name];
  for (;;) {
    const { connection } = hosts[passed[passed.length - 1]];
    const jump = connection === 'local' ? undefined : connection.ssh.jump;
    if (jump === undefined) return undefined;
    if (!(jump in hosts)) return `host "${jump}" is not listed under hosts`;
    if (hosts[jump].connection === 'local') return `host "${jump}" is not reached by SSH`;
    if (passed.includes(jump)) return `the way ${[...passed, jump].join(' → ')} has no end`;
    passed.push(jump);
  }
}

export type Inventory = z.infer<typeof inventorySchema>;
export type HostEntry = z.infer<typeof hostSchema>;
export type ClusterEntry = z.infer<typeof clusterSchema>;
export type Packages = z.infer<typeof packagesSchema>;
export type PgBouncerEntry = z.infer<typeof pgbouncerSchema>;
export type StandbyEntry = ClusterEntry['standbys'][number];
export type MaintenanceWindow = z.infer<typeof windowSchema>;

/** A standby's own entry: the cluster's, with what the standby has otherwise. */
export function entryOfStandby(cluster: ClusterEntry, standby: StandbyEntry): ClusterEntry {
  const { host, admin, ...rest } = { admin: undefined, ...standby };
  const given = Object.entries(rest).filter(([key, value]) => key !== 'name' && value !== undefined);
  const own = Object.fromEntries(given);
  return { ...cluster, ...own, primary: host, standbys: [], admin: { ...cluster.admin, ...admin } };
}

/** What servers of one cluster can't share: names, and on one host ports and data directories. */
function collisions(cluster: ClusterEntry): { what: string; first: string; second: string }[] {
  const servers = [
    { name: 'the primary', entry: cluster },
    ...cluster.standbys.map((standby) => ({ name: standby.name, entry: entryOfStandby(cluster, standby) })),
  ];
  return servers.flatMap((second, index) =>
    servers.slice(0, index).flatMap((first) => {
      const together = first.entry.primary === second.entry.primary;
      const shared = [
        ...(first.name === second.name ? ['name'] : []),
        ...(together && first.entry.port === second.entry.port ? ['host and port'] : []),
        ...(together && first.entry.dataDirectory === second.entry.dataDirectory ? ['host and dataDirectory'] : []),
      ];
      return shared.map((what) => ({ what, first: first.name, second: second.name }));
    }),
  );
}
