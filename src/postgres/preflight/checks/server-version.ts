import { runProgram } from '../../client-programs';
import { SUPPORTED_VERSIONS } from '../../cluster';
import type { Check, Found, PreflightContext } from '../check';

/** Minors that were out when this was written; what is more than a year of releases behind is worth a word. */
const KNOWN_MINORS: Record<number, number> = { 15: 18, 16: 14, 17: 10, 18: 4 };
const RELEASES_A_YEAR = 4;

interface Server {
  number: number;
  data_directory: string;
  standby: boolean;
}

export const serverVersion: Check = {
  name: 'server-version',
  title: 'The running server is the one of the inventory, and the hop is one that is supported',
  mechanism: 'running server, target binary',
  async run(context) {
    const { from, to } = context;
    const [server] = await context.sql(undefined, (sql) =>
      sql.query<Server & Record<string, unknown>>(
        `select current_setting('server_version_num')::int as number, current_setting('data_directory') as data_directory,
                pg_is_in_recovery() as standby`,
      ),
    );
    const target = await targetVersion(context);
    return [
      ...(await identityFindings(context, server)),
      ...hopFindings(from.version, to.version),
      ...minorFindings(Math.floor(server.number / 10_000), server.number % 10_000, 'the running server'),
      ...targetMinorFindings(target.major, target.minor, to.version),
    ];
  },
};

async function identityFindings({ cluster, from }: PreflightContext, server: Server): Promise<Found[]> {
  const base = { severity: 'blocker', effect: 'ends the upgrade' } as const;
  const findings: Found[] = [];
  const major = Math.floor(server.number / 10_000);
  if (major !== from.version) {
    findings.push({
      ...{
        ...base,
        object: `port ${cluster.entry.port}`,
        seen: `the server that answers is PostgreSQL ${major}, not ${from.version}`,
      },
      action: 'Correct the port in the inventory, or start the hop from the version that runs.',
    });
  }
  const paths = [server.data_directory, from.dataDirectory];
  const real = await cluster.host.run({ argv: ['realpath', '-m', '--', ...paths], user: cluster.entry.osUser });
  const [running, listed] = real.stdout.trim().split('\n');
  if (running !== listed) {
    findings.push({
      ...{ ...base, object: from.dataDirectory, seen: `the server that answers runs on ${server.data_directory}` },
      action: `Correct dataDirectory in the inventory: it has to lead to the running server's directory for version ${from.version}.`,
    });
  }
  if (server.standby) {
    findings.push({
      ...{ ...base, object: cluster.host.name, seen: 'the server that answers is a standby: it is in recovery' },
      action: 'Name the primary in the inventory. A standby upgraded alone can never rejoin.',
    });
  }
  return findings;
}

/** Whether the hop itself is supported. */
export function hopFindings(from: number, to: number): Found[] {
  const base = { severity: 'blocker', effect: 'ends the upgrade', object: `${from} → ${to}` } as const;
  const unsupported = [from, to].filter((version) => !(SUPPORTED_VERSIONS as readonly number[]).includes(version));
  if (unsupported.length > 0) {
    const action = `Supported are ${SUPPORTED_VERSIONS.join(', ')}.`;
    return [{ ...base, seen: `PostgreSQL ${unsupported.join(' and ')} is not supported`, action }];
  }
  if (to > from) return [];
  return [
    {
      ...base,
      seen: 'the target is not newer than what runs',
      action: 'pg_upgrade only goes up: name a higher version.',
    },
  ];
}

async function targetVersion({ cluster, to }: PreflightContext): Promise<{ major: number; minor: number }> {
  const text = await runProgram(cluster, to, 'postgres', ['--version']);
  const match = /(\d+)\.(\d+)/.exec(text);
  if (!match)
    throw new Error(`${to.binDirectory}/postgres calls itself "${text.trim()}", which is no released version`);
  return { major: Number(match[1]), minor: Number(match[2]) };
}

/** What is wrong with the target's binaries by their version. */
export function targetMinorFindings(major: number, minor: number, wanted: number): Found[] {
  if (major !== wanted) {
    return [
      {
        ...{ severity: 'blocker', effect: 'ends the upgrade', object: 'postgres' },
        seen: `the target's binary directory holds PostgreSQL ${major}.${minor}, not ${wanted}`,
        action: 'Correct binDirectory in the inventory or install the right version there.',
      },
    ];
  }
  if (minor > 0) return minorFindings(major, minor, "the target's binaries");
  return [
    {
      ...{ severity: 'blocker', effect: 'breaks later', object: `PostgreSQL ${major}.0`, version: major },
      seen: "the target's binaries are the first release of their major version, without any of its fixes",
      action: `Install at least ${major}.1; the newest known when this was written is ${major}.${KNOWN_MINORS[major]}.`,
    },
  ];
}

/** A word about a minor version that is more than a year old. */
export function minorFindings(major: number, minor: number, whose: string): Found[] {
  const known = KNOWN_MINORS[major];
  if (known === undefined || minor >= known - RELEASES_A_YEAR) return [];
  return [
    {
      ...{ severity: 'warning', effect: 'breaks later', object: `PostgreSQL ${major}.${minor}` },
      seen: `${whose} are more than a year of minor releases behind: ${major}.${known} is out`,
      action:
        'Install the newest minor version; it needs a restart only, and pg_upgrade itself had bugs fixed in them.',
    },
  ];
}
