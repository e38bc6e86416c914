import { shellCommand, shellWord } from '../../hosts/quote';
import { keepsOldDirectory } from '../../migration/ledger';
import type { Mode } from '../../migration/input';
import { program, type Layout } from '../cluster';
import type { Service } from '../service';
import { drainScript, GAVE_UP, type DrainPlan } from './drain-script';
import { allAsUser, asUser, preamble } from './shell';

/** All that the outage job has to know. A rehearsal is the same job with other directories and services. */
export interface OutagePlan {
  owner: string;
  from: Layout;
  to: Layout;
  mode: Mode;
  /** Bootstrap superuser, the same in both clusters. */
  superuser: string;
  /** pg_hba.conf for the servers that pg_upgrade itself starts: `local all all trust`, behind a socket directory of mode 0700. */
  hbaFile: string;
  /** Marker written before the new server is first started; from then on going back can lose writes. */
  openedFile: string;
  /** Gets the position of the old server's last checkpoint once it is stopped: standbys are compared with it. */
  stoppedFile: string;
  oldService: Service;
  newService: Service;
  /** How clients are held back before the stop; not at all when absent. */
  drain?: DrainPlan;
  /** Further settings for the servers that pg_upgrade starts; a rehearsal keeps its clone harmless with them. */
  extraOptions?: (paths: Layout) => Record<string, string>;
}

/** Exit codes of the outage job. */
export const OUTAGE_EXIT = {
  /** The new server serves. */
  served: 0,
  /** It failed, and the old server serves again; nothing is lost. */
  restored: 20,
  /** It failed, and the old server did not start again on its data directory: it has to be restored from the backup. */
  down: 21,
  /** Clients could not be held back; the old server was not stopped. */
  gaveUp: GAVE_UP,
} as const;

/**
 * The outage as one shell script: clients held back, stop, pg_upgrade, start, clients let in. When a part fails, the same
 * script puts the old server back. However it ends, short of a kill, it lets the clients in. Lines `@ NAME MILLISECONDS` tell when each part began.
 */
export function outageScript(plan: OutagePlan): string {
  return `${preamble(plan.owner)}
old=${shellWord(plan.from.dataDirectory)}
old_bin=${shellWord(plan.from.binDirectory)}
new=${shellWord(plan.to.dataDirectory)}
new_bin=${shellWord(plan.to.binDirectory)}
opened=${shellWord(plan.openedFile)}
mark() { echo "@ $1 $(date +%s%3N)"; }
start_old() { ${asUser(plan.oldService.start)}; serves "$old_bin" "$old"; }
stop_old() { ${asUser(plan.oldService.stop)}; gone "$old_bin" "$old"; }
start_new() { ${asUser(plan.newService.start)}; serves "$new_bin" "$new"; }
stop_new() { ${asUser(plan.newService.stop)}; }
new_at_boot() { ${allAsUser([...plan.oldService.notAtBoot, ...plan.newService.atBoot])}; }
old_at_boot() { ${allAsUser([...plan.newService.notAtBoot, ...plan.oldService.atBoot])}; }
${drainScript(plan.drain)}
old_can_serve() { ${oldCanServe(plan)}; }
${PUT_BACK}

cd / # the OS user may not enter the directory that the script was started in
# pg_upgrade writes into its working directory and wants a short socket path.
make_temporary || exit 1
socket=$temporary
trap 'let_in; as_owner rm -rf -- "$temporary"' EXIT

hold_back
trap 'put_back "the job was ended from outside"' TERM INT HUP
mark stop
stop_old || put_back "the old server did not stop"
writable_again "$old_bin" "$old" || put_back "the old server's read-only switch could not be undone"
control ${shellWord(plan.from.binDirectory)} "$old" "Latest checkpoint location" |
  as_owner sh -c 'cat >"$1"' sh ${shellWord(plan.stoppedFile)} || put_back "the position of the stop could not be written down"
mark upgrade
as_owner sh -c 'cd "$1" && shift && exec "$@"' sh "$socket" \\
  ${shellCommand(pgUpgradeArguments(plan))} --socketdir="$socket" --jobs="$(nproc)" || {
  # Its own message names a log; what stands in the logs is what a person needs, verifiers apart. What the others said when
  # they were ended with the one that failed would only hide it.
  as_owner grep -rhiE -B 1 -A 4 '(error|fatal|panic):' "$new/pg_upgrade_output.d" |
    grep -vE '^(--|command: .*|.*(is shutting down|terminating connection due to administrator command).*)$' |
    sed "s/PASSWORD '[^']*'/PASSWORD '...'/g" | cut -c 1-500 | tail -n 30
  put_back "pg_upgrade failed"
}
mark start
trap '' TERM INT HUP # clients may write to the new server at once: from here the way that loses nothing is forward
# A reboot from here on must not bring the old server up beside or instead of the new one.
new_at_boot || put_back "the new server could not be made the one that starts at boot"
as_owner sh -c ': >"$1" && sync "$1"' sh "$opened" || put_back "$opened could not be written"
start_new || serves_all_the_same || put_back "the new server did not start"
mark served
let_in
`;
}

const PUT_BACK = `
running() { as_owner "$1/pg_ctl" -D "$2" status >/dev/null 2>&1; }
# A pg_upgrade that was ended leaves its servers running, and the service manager does not know them.
end_stray() { if running "$1" "$2"; then as_owner "$1/pg_ctl" -D "$2" -m fast -w -s -t 600 stop; fi; }
# The command that starts it may have been ended, or have given up waiting: what counts is the server.
serves_all_the_same() {
  tries=30
  while running "$new_bin" "$new" && [ "$tries" -gt 0 ]; do
    case $(as_owner sed -n 8p "$new/postmaster.pid") in ready*) return 0 ;; esac
    sleep 1; tries=$((tries - 1))
  done
  return 1
}
put_back() {
  trap '' TERM INT HUP # once begun it is done to the end
  echo "$1: putting the old server back"
  mark restore
  if old_can_serve; then whole=true; else whole=false; fi # asked first: stopping the new server changes its pg_control
  stop_new >/dev/null 2>&1 # most often it does not run, and says so
  end_stray "$new_bin" "$new"
  [ "$whole" = true ] || { echo "the old data directory must not be started again"; exit ${OUTAGE_EXIT.down}; }
  old_at_boot || echo "which server starts at boot could not be set back"
  if [ "$(as_owner sed -n 5p "$old/postmaster.pid" 2>/dev/null)" = "$socket" ]; then end_stray "$old_bin" "$old"; fi
  put_control_back "$old"
  writable_again "$old_bin" "$old"
  start_old || { stop_old; start_old; } || exit ${OUTAGE_EXIT.down}
  as_owner rm -f -- "$opened"
  mark restored
  let_in
  exit ${OUTAGE_EXIT.restored}
}`;

/** Whether the old directory may be started again, as a shell condition. */
function oldCanServe(plan: OutagePlan): string {
  if (keepsOldDirectory(plan.mode)) return 'true';
  // pg_upgrade renames the old pg_control just before it links or moves the first file: until then the files are its own.
  const whole = `as_owner test -e "$old/global/pg_control"`;
  if (plan.mode === 'swap') return whole;
  // Linked files are shared: a new server that once ran has written to them. Its pg_control tells.
  return `${whole} || [ "$(control "$new_bin" "$new" "Database cluster state")" = "shut down" ]`;
}

/** pg_upgrade's options but for the socket directory and jobs, which the script chooses on the host. */
export function pgUpgradeArguments(
  plan: Pick<OutagePlan, 'from' | 'to' | 'mode' | 'superuser' | 'hbaFile' | 'extraOptions'>,
): string[] {
  const { from, to } = plan;
  const server = (paths: Layout) => {
    const split = paths.configDirectory !== paths.dataDirectory;
    const settings = {
      ...plan.extraOptions?.(paths),
      ...(split && { config_file: `${paths.configDirectory}/postgresql.conf` }),
      hba_file: plan.hbaFile,
    };
    return Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${shellWord(value)}`)
      .join(' ');
  };
  return [
    program(to, 'pg_upgrade'),
    `--old-bindir=${from.binDirectory}`,
    `--new-bindir=${to.binDirectory}`,
    `--old-datadir=${from.dataDirectory}`,
    `--new-datadir=${to.dataDirectory}`,
    `--username=${plan.superuser}`,
    `--old-options=${server(from)}`,
    `--new-options=${server(to)}`,
    // copy is the default, and 15's pg_upgrade has no word for it.
    ...(plan.mode === 'copy' ? [] : [`--${plan.mode}`]),
  ];
}

/** One part of the outage and when it began (milliseconds since the epoch, by the host's clock). */
export interface Mark {
  name: string;
  at: number;
}

/** Reads the marks out of what the job printed. */
export function marks(printed: string): Mark[] {
  return [...printed.matchAll(/^@ (\S+) (\d+)$/gm)].map(([, name, at]) => ({ name, at: Number(at) }));
}
