import { drainOf, longestWaitMs } from '../migration/drain';
import type { Check, Found, PreflightContext } from '../postgres/preflight/check';
import { ConsoleFailed } from './console';
import { lookAtAll, type Seen } from './look';
import { roughOutageMs, shortTimeouts, type ShortTimeout } from './timeouts';

const MECHANISM = "PgBouncer's admin console, asked from the host with psql";

/** Those that answered; of the others the check `pgbouncer` tells. */
async function seenBy({ cluster, from }: PreflightContext): Promise<Seen[]> {
  return (await lookAtAll(cluster, from)).flatMap((each) => (each instanceof ConsoleFailed ? [] : [each]));
}

export const pgbouncer: Check = {
  name: 'pgbouncer',
  title: 'Every PgBouncer takes commands from its admin, and pausing it holds back the clients of this cluster only',
  mechanism: MECHANISM,
  async run({ cluster, from }) {
    const all = await lookAtAll(cluster, from);
    return all.flatMap((each) =>
      each instanceof ConsoleFailed ? [unreachable(each)] : [...databases(each, cluster.entry.port), ...notes(each)],
    );
  },
};

function unreachable(error: ConsoleFailed): Found {
  return {
    ...{ severity: 'blocker', effect: 'breaks later', object: 'PgBouncer' },
    seen: error.message,
    action:
      'Start it, or correct host, port, user or password under pgbouncer in the inventory; the user has to be one of its admin_users.',
  };
}

function databases(seen: Seen, port: number): Found[] {
  const blocker = (database: string, what: string, action: string, more: Partial<Found> = {}): Found => ({
    ...{ severity: 'blocker', effect: 'breaks later', object: `${database} on PgBouncer ${seen.name}` },
    ...{ seen: what, action },
    ...more,
  });
  const elsewhere = seen.databases.filter((each) => each.port !== port);
  const hosts = new Set(seen.databases.map(({ host }) => host));
  return [
    ...seen.absent.map((name) =>
      blocker(name, 'the inventory lists it, and PgBouncer has no such database', 'Correct the list in the inventory.'),
    ),
    ...elsewhere.map(({ name, host, port: other }) =>
      blocker(
        name,
        `it leads to ${host || 'a socket'} port ${other}, and this cluster is on port ${port}: pausing would hold back the clients of another server`,
        'List the databases of this cluster under pgbouncer in the inventory.',
      ),
    ),
    ...(seen.bouncer.databases === undefined && hosts.size > 1
      ? [
          blocker(
            'databases',
            `they lead to ${[...hosts].map((host) => host || 'a socket').join(', ')}, and the inventory does not say which are this cluster's`,
            'List them under pgbouncer in the inventory, or accept this check where all are.',
            { judgement: true },
          ),
        ]
      : []),
    ...seen.databases
      .filter(({ paused }) => paused)
      .map(({ name }) =>
        blocker(name, 'somebody has paused it already; the phase would resume it', `RESUME it first, or leave it out.`),
      ),
    ...seen.databases
      .filter(({ disabled }) => disabled)
      .map(({ name }) =>
        blocker(name, 'it is disabled: new clients are refused whatever the phase does', 'ENABLE it when it is time.', {
          severity: 'warning',
        }),
      ),
  ];
}

/** What a person should know of, and need not do anything about. */
function notes(seen: Seen): Found[] {
  const { config } = seen;
  const notice = (object: string, what: string, action: string): Found => ({
    ...{ severity: 'notice', effect: 'changes meaning', object: `${object} of PgBouncer ${seen.name}` },
    ...{ seen: what, action },
  });
  return [
    ...(/^verify/.test(config.server_tls_sslmode ?? '')
      ? [
          notice(
            'server_tls_sslmode',
            `it is ${config.server_tls_sslmode}: clients stay waiting when the new server's certificate is not the old one's`,
            'Nothing where ssl_cert_file stays as it is; the configuration is carried over.',
          ),
        ]
      : []),
    ...(Number(config.max_prepared_statements ?? 0) === 0
      ? [
          notice(
            'max_prepared_statements',
            'it does not follow prepared statements: every server connection is new after RESUME, and statements prepared on an old one are gone',
            'Nothing where clients work in transaction pools as its manual says.',
          ),
        ]
      : []),
  ];
}

export const pgbouncerPools: Check = {
  name: 'pgbouncer-pools',
  title: 'No client holds its server connection for as long as it is connected',
  mechanism: MECHANISM,
  async run(context) {
    return (await seenBy(context)).flatMap(sessionPools);
  },
};

function sessionPools({ name, databases, config, pools }: Seen): Found[] {
  const busy = (database: string) =>
    pools
      .filter((pool) => pool.database === database && pool.pool_mode === 'session')
      .reduce((sum, pool) => sum + Number(pool.cl_active) + Number(pool.cl_waiting), 0);
  const session = databases.filter((each) => (each.poolMode || config.pool_mode) === 'session' || busy(each.name) > 0);
  return session.map(({ name: database }): Found => {
    const clients = busy(database);
    return {
      ...{ severity: clients > 0 ? 'blocker' : 'warning', effect: 'breaks later', judgement: true },
      object: `${database} on PgBouncer ${name}`,
      seen: `its pools are of mode session, with ${clients} clients now: PAUSE waits until each of them disconnects`,
      action:
        "Use transaction pooling; or accept this check and let the plan's drain terminate what is left at the deadline: those clients see an error.",
    };
  });
}

export const pgbouncerTimeouts: Check = {
  name: 'pgbouncer-timeouts',
  title: 'PgBouncer lets its clients wait for as long as the drain and the outage take',
  mechanism: MECHANISM,
  async run(context) {
    const drain = drainOf(context.cluster.entry.pgbouncer.length, context.drain);
    if (!drain || context.cluster.entry.pgbouncer.length === 0) return [];
    const [{ bytes }] = await context.sql(undefined, (sql) =>
      sql.query<{ bytes: string }>('select sum(pg_database_size(oid))::text as bytes from pg_database'),
    );
    const waitMs = longestWaitMs(drain, roughOutageMs(context.mode, Number(bytes)));
    return (await seenBy(context)).flatMap((seen) =>
      shortTimeouts(seen.config, waitMs).map((short) => tooShort(seen.name, short, waitMs)),
    );
  },
};

function tooShort(name: string, { setting, seconds, whose }: ShortTimeout, waitMs: number | undefined): Found {
  return {
    ...{ severity: 'blocker', effect: 'breaks later', object: `${setting} of PgBouncer ${name}`, judgement: true },
    seen: `it is ${seconds} s: ${whose} get an error ${waitMs === undefined ? 'when the drain waits without a bound' : `in a wait that may take ${Math.ceil(waitMs / 1000)} s (drain and, roughly, the outage)`}`,
    action: `Raise it for the phase: SET ${setting} = ${waitMs === undefined ? 0 : Math.ceil((2 * waitMs) / 1000)} in the admin console, and in its configuration file.`,
  };
}
