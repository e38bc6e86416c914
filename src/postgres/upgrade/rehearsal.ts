import { shellCommand, shellWord } from '../../hosts/quote';
import type { Mode } from '../../migration/input';
import { layout, program, workDirectory, type Cluster, type Layout } from '../cluster';
import type { Service } from '../service';
import { sessionOptions } from '../session';
import { JobFailed, type RunJob } from './jobs';
import { marks, outageScript, type Mark } from './outage-script';
import { PHASE_FILES, type PhaseRecord } from './phase-files';
import { preamble } from './shell';
import { UPGRADE_HBA } from './target';

/** The rehearsal failed where the real upgrade would have. The message holds what pg_upgrade or the server said. */
export class RehearsalFailed extends Error {
  override name = 'RehearsalFailed';
}

export interface Rehearsal {
  mode: Mode;
  marks: Mark[];
  /** Milliseconds from the stop of the old server to the new one serving. */
  outageMs: number;
}

/** What a clone must not do: listen, archive, replicate, or run scheduled jobs as if it were the real server. */
const HARMLESS = {
  listen_addresses: '',
  archive_mode: 'off',
  max_logical_replication_workers: '0',
  primary_conninfo: '',
  synchronous_standby_names: '',
  external_pid_file: '',
  logging_collector: 'off',
  'cron.launch_active_jobs': 'off',
  // The clone is thrown away; pg_upgrade's own sync, which is part of the outage, is not touched by this.
  fsync: 'off',
};

/**
 * Upgrades a clone of the phase's base backup with the prepared target and its configuration, starts it, and does what
 * the first week would: ANALYZE and extension updates. The clone is removed afterwards.
 * @throws RehearsalFailed naming what would have ended the real upgrade; nothing of the real cluster was touched.
 */
export async function rehearse(
  cluster: Cluster,
  directory: string,
  record: PhaseRecord,
  jobId: string,
  run: RunJob,
): Promise<Rehearsal> {
  const job = { id: jobId, user: cluster.entry.osUser, script: script(cluster, directory, record) };
  const end = await run(job, { restart: true });
  if (end.exitCode === undefined) throw new JobFailed(`${cluster.name}: the rehearsal`, end);
  const seen = marks(end.output);
  const at = (name: string) => seen.find((mark) => mark.name === name)?.at;
  const [stop, served] = [at('stop'), at('served')];
  if (end.exitCode !== 0 || stop === undefined || served === undefined) {
    throw new RehearsalFailed(
      `The rehearsal of ${record.from} → ${record.to} on a clone of the backup failed; the real cluster was not touched. ` +
        `It said:\n${end.output.trim().slice(-3000)}`,
    );
  }
  return { mode: record.mode, marks: seen, outageMs: served - stop };
}

function script(cluster: Cluster, directory: string, record: PhaseRecord): string {
  const root = `${workDirectory(cluster)}/rehearsal`;
  const clone = (version: number): Layout => {
    const paths = layout(cluster, version);
    const dataDirectory = `${root}/${version}`;
    const split = paths.configDirectory !== paths.dataDirectory;
    return {
      ...paths,
      dataDirectory,
      configDirectory: split ? paths.configDirectory : dataDirectory,
      logFile: `${root}/${version}.log`,
    };
  };
  const [from, to] = [clone(record.from), clone(record.to)];
  const hba = `${directory}/${UPGRADE_HBA}`;
  const outage = outageScript({
    owner: cluster.entry.osUser,
    from,
    to,
    mode: record.mode,
    superuser: record.superuser,
    hbaFile: hba,
    openedFile: `${root}/opened`,
    stoppedFile: `${root}/stopped`,
    oldService: privateService(cluster.entry.osUser, from, hba, root),
    newService: privateService(cluster.entry.osUser, to, hba, root),
    extraOptions: (paths) => harmless(paths),
  });
  const psql = [
    program(to, 'psql'),
    `--username=${record.superuser}`,
    `--port=${cluster.entry.port}`,
    '--no-psqlrc',
    '--quiet',
    '--tuples-only',
    '--no-align',
    '--set=ON_ERROR_STOP=1',
  ];
  return `${preamble(cluster.entry.osUser)}
umask 077
root=${shellWord(root)}
stop_if_running() { if ${shellCommand([program(from, 'pg_ctl'), '-D'])} "$1" status >/dev/null 2>&1; then ${program(from, 'pg_ctl')} -D "$1" -m immediate -w -s stop; fi; }
clear() {
  for version in ${record.from} ${record.to}; do stop_if_running "$root/$version"; done
  case $(readlink "$root/s") in /tmp/pgpassage.*) rm -rf -- "$(readlink "$root/s")" ;; esac
  rm -rf -- "$root"
}
clear || exit 1 # what an earlier run left that was killed
trap clear EXIT
trap 'exit 143' TERM INT HUP # ended by a signal, dash does not run what it should at its exit
mkdir -p -- "$root" || exit 1
cp -a --reflink=auto -- ${shellWord(`${directory}/${PHASE_FILES.base}`)} ${shellWord(from.dataDirectory)} || exit 1
if [ -d ${shellWord(`${directory}/${PHASE_FILES.tablespaces}`)} ]; then
  cp -a --reflink=auto -- ${shellWord(`${directory}/${PHASE_FILES.tablespaces}`)} "$root/tablespaces" || exit 1
  for link in ${shellWord(from.dataDirectory)}/pg_tblspc/*; do ln -sfn -- "$root/tablespaces/\${link##*/}" "$link" || exit 1; done
fi
cp -a -- ${shellWord(layout(cluster, record.to).dataDirectory)} ${shellWord(to.dataDirectory)} || exit 1
socket_directory=$(mktemp -d /tmp/pgpassage.XXXXXX) && ln -s "$socket_directory" "$root/s" || exit 1
echo "recovering the clone"
${shellCommand(privateService(cluster.entry.osUser, from, hba, root).start.argv)} || { tail -n 40 ${shellWord(from.logFile)}; exit 1; }
(
${outage}
) || { code=$?; ${complaints('"$root"/*.log')}; exit "$code"; }
echo "first week: ANALYZE and extension updates"
psql() { PGOPTIONS=${shellWord(sessionOptions())} ${shellCommand(psql)} --host="$socket_directory" "$@"; }
psql --dbname=template1 --command="select datname from pg_database where datallowconn and not datistemplate" >"$root/databases" || exit 1
while IFS= read -r database; do
  PGDATABASE=$database psql --command='analyze' >/dev/null || exit 1
done <"$root/databases" || exit 1
`;
}

/** What servers complained of. The cause itself was told before it, and must not be driven out by what is in order. */
function complaints(logs: string): string {
  return `grep -hE -A 2 '(ERROR|FATAL|PANIC):' ${logs} | tail -n 15`;
}

function harmless(paths: Layout): Record<string, string> {
  return { ...HARMLESS, data_directory: paths.dataDirectory };
}

function privateService(user: string, paths: Layout, hba: string, root: string): Service {
  const settings = {
    ...harmless(paths),
    hba_file: hba,
    unix_socket_directories: `${root}/s`,
    config_file: `${paths.configDirectory}/postgresql.conf`,
  };
  const options = Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${shellWord(value)}`)
    .join(' ');
  const base = [program(paths, 'pg_ctl'), '-D', paths.dataDirectory, '-w', '-s', '-t', '600'];
  return {
    start: { user, argv: [...base, '-l', paths.logFile, '-o', options, 'start'] },
    stop: { user, argv: [...base, '-m', 'fast', 'stop'] },
    atBoot: [],
    notAtBoot: [],
  };
}
