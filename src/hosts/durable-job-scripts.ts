import { WHOLE } from './files';

/**
 * The shell side of durable jobs. A job's directory holds: `script`, `runner`, `pid` (process ID, its start time, boot
 * ID), `output`, `exit` (exit code; present once it ended) and `secrets/` while it runs.
 */

/** $1 directory, $2 runner, $3 bytes of the script, which comes by standard input. The directory appears whole or not at all. */
export const PREPARE_SCRIPT = `${WHOLE}
set -eu
[ -d "$1" ] && { cat >/dev/null; exit 0; }
umask 077
new=$(mktemp -d -- "$1.new.XXXXXX")
mkdir -- "$new/secrets"
cat >"$new/script"
whole "$new/script" "$3" || { rm -rf -- "$new"; exit 1; }
printf '%s' "$2" >"$new/runner"
# Two callers at once: the second one's rename fails on the first one's directory, and its copy goes.
mv -T -- "$new" "$1" 2>/dev/null || rm -rf -- "$new"
`;

/** $1 directory. setsid: the job is nobody's child when the worker or the connection ends. */
export const LAUNCH_SCRIPT = 'setsid sh "$1/runner" "$1" </dev/null >/dev/null 2>&1 &';

/**
 * $1 user of the connection; the rest runs systemd-run as root. Prints where a job would be safe:
 * `scope`    systemd would end it with the session or the service that it began in; root can give it a scope of its own
 * `session`  nobody ends it: there is no systemd, or it lets a session's processes live
 * `nowhere`  systemd-logind ends it with the SSH session, and this user can't ask for a scope
 */
export const REFUGE_SCRIPT = `
user=$1; shift
logind() { busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager "$1" 2>/dev/null; }
if [ ! -d /run/systemd/system ]; then echo session
elif "$@" --version >/dev/null 2>&1; then echo scope
elif [ "$(logind KillUserProcesses)" != "b true" ]; then echo session
elif logind KillExcludeUsers | grep -qF "\"$user\""; then echo session
else echo nowhere; fi
`;

/** $1 directory. A hard link is made once: of two runners one goes on and the other ends. */
export const RUNNER_SCRIPT = `
cd "$1" || exit 1
read -r boot </proc/sys/kernel/random/boot_id
echo "$$ $(cut -d' ' -f22 /proc/$$/stat) $boot" >"pid.$$"
ln "pid.$$" pid 2>/dev/null || { rm -f "pid.$$"; exit 0; }
rm -f "pid.$$"
sh ./script >output 2>&1 </dev/null
code=$?
rm -rf secrets
echo "$code" >exit.new && sync exit.new && mv exit.new exit
`;

/** Says whether anything of the job's session lives: its leader (same start time), or what it left running. */
const ALIVE = `
alive() {
  read -r pid start boot <pid || return 1
  read -r now </proc/sys/kernel/random/boot_id
  [ "$boot" = "$now" ] || return 1
  [ "$(cut -d' ' -f22 "/proc/$pid/stat" 2>/dev/null)" = "$start" ] || pgrep -s "$pid" >/dev/null
}
`;

/** $1 directory. First line: state and exit code; then the end of the output. */
export const INSPECT_SCRIPT = `${ALIVE}
cd "$1" 2>/dev/null || { echo absent; exit 0; }
if [ -e exit ]; then echo "finished $(cat exit)"
elif [ ! -e pid ]; then echo absent
elif alive; then echo running
elif [ -e exit ]; then echo "finished $(cat exit)"
else echo interrupted; fi
[ ! -e output ] || tail -c 65536 output
`;

/** $1 directory. */
export const CANCEL_SCRIPT = `${ALIVE}
cd "$1" 2>/dev/null || exit 0
[ -e pid ] && [ ! -e exit ] && alive || exit 0
pkill -TERM -s "$pid" || true
tries=50
while pgrep -s "$pid" >/dev/null && [ "$tries" -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
pkill -KILL -s "$pid" || true
`;
