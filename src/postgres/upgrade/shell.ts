import { shellCommand, shellWord } from '../../hosts/quote';
import type { UserCommand } from '../service';

/** Beside postgresql.auto.conf while a drain has the server read-only: what it was before. */
export const BEFORE_READ_ONLY = 'postgresql.auto.conf.before-read-only';

/**
 * Shell text that more than one script for the host needs. The scripts find out by themselves who runs them, so that the
 * same text serves a durable job and a person at the terminal.
 */
export function preamble(owner: string): string {
  return `
export LC_ALL=C
owner=${shellWord(owner)}
as_user() {
  user=$1; shift
  if [ "$(id -un)" = "$user" ]; then "$@"
  elif [ "$(id -u)" = 0 ]; then runuser -u "$user" -- "$@"
  else sudo -n -u "$user" -- "$@"; fi
}
as_owner() { as_user "$owner" "$@"; }
# Makes the directory $temporary, which goes with this shell. Below /tmp, because a socket's path has to be short.
make_temporary() {
  temporary=$(as_owner mktemp -d /tmp/pgpassage.XXXXXX) || return 1
  trap 'as_owner rm -rf -- "$temporary"' EXIT
  trap 'exit 143' TERM INT HUP # ended by a signal, dash does not run what it should at its exit
}
# Undoes what link mode does to the old cluster before it links; does nothing where that was not done. $1 data directory.
put_control_back() {
  as_owner sh -c 'cd "$1/global" && if [ -e pg_control.old ] && [ ! -e pg_control ]; then mv pg_control.old pg_control; fi' sh "$1"
}
# What runs is asked of the server itself, and not of a service manager. $1 programs, $2 data directory.
gone() { ! as_owner "$1/pg_ctl" -D "$2" status >/dev/null 2>&1; }
# Waits while one is starting.
serves() {
  until as_owner sed -n 8p "$2/postmaster.pid" 2>/dev/null | grep -q ready; do
    gone "$1" "$2" && return 1
    sleep 0.1
  done
  ! gone "$1" "$2"
}
# Undoes a drain's read-only switch; does nothing where there was none. $1 programs, $2 data directory; the server may run or not.
writable_again() {
  as_owner sh -c '
    cd "$2" 2>/dev/null && [ -e "$3" ] || exit 0
    mv -f -- "$3" postgresql.auto.conf && sync . || exit 1
    "$1/pg_ctl" -D "$2" status >/dev/null 2>&1 || exit 0
    "$1/pg_ctl" -D "$2" -s reload' sh "$1" "$2" ${BEFORE_READ_ONLY}
}
# One line of pg_control: $1 programs, $2 data directory, $3 label.
control() { as_owner "$1/pg_controldata" -D "$2" 2>/dev/null | sed -n "s/^$3: *//p"; }
`;
}

/** Service commands as shell lines that end at the first failure; nothing where there is none. */
export function allAsUser(commands: readonly UserCommand[]): string {
  return commands.length === 0 ? ':' : commands.map(asUser).join(' && ');
}

/** A service command as a shell command line. */
export function asUser(command: UserCommand): string {
  return `as_user ${shellCommand([command.user, ...command.argv])}`;
}
