import { output } from '../../hosts/host';
import { programArguments, withPasswordFile } from '../client-programs';
import type { PreflightContext } from './check';
import type { ScratchServer } from './scratch-server';

/** One of pg_upgrade's own checks that did not say ok. */
export interface PgUpgradeComplaint {
  /** Its title, such as `Checking for reg* data types in user tables`. */
  title: string;
  fatal: boolean;
  /** What it says about it. */
  text: string;
  /** The objects of its report file, each with its database. */
  objects: { database?: string; name: string }[];
}

export interface PgUpgradeReport {
  /**
   * `failed`: it ended without a complaint of one of its checks, as when a server did not start. `unreachable`: the
   * running server has no Unix socket, by which alone pg_upgrade looks at a live server.
   */
  outcome: 'compatible' | 'complaints' | 'failed' | 'unreachable';
  complaints: PgUpgradeComplaint[];
}

const TIMEOUT_MS = 10 * 60_000;

/** Runs `pg_upgrade --check` of the target version between the running server and the stopped, empty scratch cluster. */
export async function checkByPgUpgrade(context: PreflightContext, scratch: ScratchServer): Promise<PgUpgradeReport> {
  const { cluster, from, to } = context;
  // It takes the directory from the fifth line of postmaster.pid and knows no other way in.
  const [{ sockets }] = await context.sql(undefined, (sql) =>
    sql.query<{ sockets: string }>(`select current_setting('unix_socket_directories') as sockets`),
  );
  if (sockets.trim() === '') return { outcome: 'unreachable', complaints: [] };
  const options = [
    ...['--check', '--username', scratch.superuser],
    ...['--old-bindir', from.binDirectory, '--new-bindir', to.binDirectory],
    ...['--old-datadir', from.dataDirectory, '--new-datadir', scratch.dataDirectory],
    ...['--old-port', String(cluster.entry.port), '--new-port', String(scratch.port)],
    ...['--socketdir', scratch.place.socketDirectory],
  ];
  const result = await withPasswordFile(cluster, scratch.place.directory, (environment) => {
    const argv = programArguments(to, 'pg_upgrade', options, environment);
    // It insists on a current directory that it may write to.
    const script = 'cd -- "$1" && shift && exec "$@"';
    const command = ['sh', '-c', script, 'sh', scratch.place.directory, ...argv];
    return cluster.host.run({ argv: command, user: cluster.entry.osUser, timeoutMs: TIMEOUT_MS });
  });
  const said = `${result.stdout}\n${result.stderr}`;
  const files = await reportFiles(context, scratch);
  const complaints = readComplaints(said, files);
  if (result.exitCode !== 0 && !complaints.some((complaint) => complaint.fatal)) {
    const text = failure(said, files);
    return {
      outcome: 'failed',
      complaints: [...complaints, { title: 'pg_upgrade --check', fatal: true, text, objects: [] }],
    };
  }
  return { outcome: complaints.length ? 'complaints' : 'compatible', complaints };
}

/** Every file that it left below the new data directory, by its name; there are none after a check without complaint. */
async function reportFiles(context: PreflightContext, scratch: ScratchServer): Promise<Map<string, string>> {
  const script =
    'd=$1/pg_upgrade_output.d; [ -d "$d" ] || exit 0; ' +
    'find "$d" -type f \\( -name "*.txt" -o -name "*.log" \\) | while IFS= read -r f; do printf "\\001%s\\n" "$f"; cat -- "$f"; done';
  const text = await output(context.cluster.host, {
    argv: ['sh', '-c', script, 'sh', scratch.dataDirectory],
    user: context.cluster.entry.osUser,
  });
  const files = text.split('\u0001').filter(Boolean);
  return new Map(
    files.map((file) => [baseName(file.slice(0, file.indexOf('\n'))), file.slice(file.indexOf('\n') + 1)]),
  );
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Reads what `pg_upgrade --check` printed, with its report files by name. */
export function readComplaints(said: string, files: ReadonlyMap<string, string>): PgUpgradeComplaint[] {
  const complaints: PgUpgradeComplaint[] = [];
  // A title, its verdict, and what follows up to the next title is the explanation. Some checks end the program without a
  // verdict.
  for (const part of said.split(/^(?=Checking )/m)) {
    const head = /^(Checking .*?)(?:\s+(fatal|warning|ok))?\s*$/m.exec(part);
    const body = part.slice(head?.[0].length);
    const verdict = head?.[2] ?? (body.includes('Failure, exiting') ? 'fatal' : 'ok');
    if (!head || verdict === 'ok') continue;
    const reports = [...body.matchAll(/\/([^/\s]+\.txt)\s*$/gm)].map(([, name]) => name);
    complaints.push({
      title: head[1],
      fatal: verdict === 'fatal',
      text: explanation(body),
      objects: reports.flatMap((name) => reportObjects(files.get(name) ?? '')),
    });
  }
  return complaints;
}

function explanation(body: string): string {
  const lines = body.split('\n').map((line) => line.trim());
  return lines
    .filter((line) => line !== '' && !line.startsWith('/') && !/^Failure, exiting|^A list of|is in the file/.test(line))
    .join(' ');
}

function reportObjects(text: string): { database?: string; name: string }[] {
  let database: string | undefined;
  const objects: { database?: string; name: string }[] = [];
  for (const line of text.split('\n')) {
    const heading = /^(?:In database|Database): (.*)$/.exec(line.trim());
    if (heading) database = heading[1];
    else if (line.trim() !== '') objects.push({ database, name: line.trim() });
  }
  return objects;
}

/** Why it ended without one of its checks complaining: the last that it said, and the log of the server that it started. */
function failure(said: string, files: ReadonlyMap<string, string>): string {
  const lines = said.split('\n').map((line) => line.trim());
  const log = files.get('pg_upgrade_server.log') ?? '';
  const reasons = [...log.matchAll(/(?:FATAL|ERROR): .*/g)].map(([reason]) => reason);
  return [...lines.filter((line) => line !== '' && !/ ok$/.test(line)).slice(-6), ...reasons.slice(-2)].join(' ');
}
