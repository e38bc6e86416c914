import { shellWord } from '../../hosts/quote';
import { keepsOldDirectory, lossOf } from '../../migration/ledger';
import { phaseName } from '../../migration/path';
import { phaseStamp } from '../../migration/phase';
import { layout, type Cluster } from '../cluster';
import { STANDBY_FILES, standbyDirectory } from '../standby/standby-files';
import { service, type Service } from '../service';
import { PHASE_FILES, type PhaseRecord } from './phase-files';
import { allAsUser, asUser, preamble } from './shell';

/** Exit codes of rollback.sh. */
export const ROLLBACK_EXIT = {
  /** The old server serves, or did already. */
  done: 0,
  /** Refused: it would lose writes, and the loss was not named. Nothing was touched. */
  refused: 3,
  /** The old server serves from the backup, but the WAL kept did not reach up to the stop. */
  short: 4,
} as const;

/**
 * `rollback.sh` of a phase: what a person runs at the terminal, and what pgpassage runs itself as a durable job. It finds
 * out from the world what is left to do, so running it again, or after it was killed, goes on where it stopped.
 */
export function rollbackScript(cluster: Cluster, phaseDirectory: string, record: PhaseRecord): string {
  const [from, to] = [layout(cluster, record.from), layout(cluster, record.to)];
  const [oldService, newService] = [service(cluster, record.from), service(cluster, record.to)];
  const loss = lossOf(phaseName(record));
  return `#!/bin/sh
# Takes cluster ${record.cluster} back from PostgreSQL ${record.to} to ${record.from}. Written by pgpassage before the upgrade of ${record.startedAt}.
#
#   ./rollback.sh                     asks before anything is lost
#   ./rollback.sh --accept ${loss}    does not ask
#   ./rollback.sh --stop-only         only stops PostgreSQL ${record.to}, for a retained standby that takes its place
${preamble(cluster.entry.osUser)}
phase=${shellWord(phaseDirectory)}
old=${shellWord(from.dataDirectory)}
new=${shellWord(to.dataDirectory)}
old_bin=${shellWord(from.binDirectory)}
new_bin=${shellWord(to.binDirectory)}
loss=${shellWord(loss)}
mode=${record.mode}
keeps_old=${keepsOldDirectory(record.mode)}
from=${record.from}
to=${record.to}
slot=${shellWord(record.slot)}
tag=${shellWord(phaseStamp(record.startedAt))} # what an earlier attempt left is not taken for ours
tablespaces=${shellWord(record.tablespaces.map(({ oid, location }) => `${oid} ${location}`).join('\n'))}
${functions(oldService, newService)}
${QUICK}
${SET_NEW_ASIDE}
${FULL}
${standbyHints(cluster, phaseDirectory, record)}
${MAIN}`;
}

/** What a person has left to do on the hosts of the standbys. pgpassage does it itself. */
function standbyHints(cluster: Cluster, phaseDirectory: string, record: PhaseRecord): string {
  const lines = cluster.standbys
    .filter(({ standby }) => record.standbys?.includes(standby))
    .map((standby) => {
      const script = `${standbyDirectory(standby, phaseDirectory)}/${STANDBY_FILES.rollback}`;
      const promote = standby.standby === record.retain ? ' (with --promote where this was run with --stop-only)' : '';
      return `echo ${shellWord(`Standby ${standby.standby}: on ${standby.host.name}, run ${script}${promote}.`)}`;
    });
  return `hint_standbys() {\n  :\n  ${lines.join('\n  ')}\n}\n`;
}

/** Shell functions of every rollback.sh; they want $phase, $tablespaces, $new and $to. */
export function functions(oldService: Service, newService: Service): string {
  return `
start_old() { ${asUser(oldService.start)}; serves "$old_bin" "$old"; }
stop_new() { ${asUser(newService.stop)}; gone "$new_bin" "$new"; }
no_boot() { ${allAsUser(newService.notAtBoot)}; }
at_boot() { ${allAsUser([...newService.notAtBoot, ...oldService.atBoot])}; }
there() { as_owner test -e "$1"; }
running() { as_owner "$1/pg_ctl" -D "$2" status >/dev/null 2>&1; }
say() { echo "$*"; as_owner sh -c 'echo "$(date -u +%FT%TZ) rollback: $2" >>"$1"' sh "$phase/${PHASE_FILES.log}" "$*"; }
each_tablespace() { # $1: what to do with an OID and a location
  printf '%s\\n' "$tablespaces" | while read -r oid location; do
    [ -z "$oid" ] || "$1" "$oid" "$location" || exit 1
  done
}
`;
}

/** The old directory is whole, or whole again once pg_control has its name back. */
const QUICK = `
# Whether the old data directory may be started: its files are its own, or the new server never wrote to them.
old_is_whole() {
  there "$old/global/pg_control" || there "$old/global/pg_control.old" || return 1
  [ "$keeps_old" = true ] && return 0
  ! there "$phase/${PHASE_FILES.opened}" || return 1
  [ "$mode" = link ] || there "$old/global/pg_control"
}
`;

/** Moves the new version's directories out of the way of a later attempt; nothing in them is deleted. */
export const SET_NEW_ASIDE = `
set_new_aside() {
  stamp=$(date -u +%Y%m%dT%H%M%SZ)
  if there "$new"; then as_owner mv -- "$new" "$new.rolled-back-$stamp" || return 1; fi
  each_tablespace tablespace_aside
}
# A later attempt would be refused while the new version's directory is in a tablespace.
tablespace_aside() {
  as_owner sh -c 'for d in "$1"/PG_"$2"_*; do case $d in *.rolled-back-*|*"*") ;; *) mv -- "$d" "$d.rolled-back-$3" || exit 1;; esac; done' sh "$2" "$to" "$stamp"
}
`;

/** The files are shared with, or moved to, the new server: restore the base backup and replay the WAL up to the stop. */
const FULL = `
full() {
  say "restoring $from from $phase/${PHASE_FILES.base}"
  if there "$old" && ! there "$old.upgraded-$tag"; then
    as_owner rm -rf -- "$old.restoring-$tag" || return 1
    as_owner cp -a --reflink=auto -- "$phase/${PHASE_FILES.base}" "$old.restoring-$tag" || return 1
    # The WAL between the backup and the stop is still in the old directory: pg_upgrade leaves it, and the slot kept it.
    as_owner cp -a -- "$old/pg_wal/." "$old.restoring-$tag/pg_wal/" || return 1
    each_tablespace restore_tablespace || return 1
    as_owner mv -- "$old" "$old.upgraded-$tag" || return 1
  fi
  if there "$old.restoring-$tag"; then as_owner mv -- "$old.restoring-$tag" "$old" || return 1; fi
}
restore_tablespace() {
  as_owner sh -c '
    set -e
    for backup in "$1"/PG_"$4"_*; do
      live=$2/\${backup##*/}
      [ ! -e "$live" ] || [ -e "$live.upgraded-$5" ] || mv -- "$live" "$live.upgraded-$5"
      rm -rf -- "$live"
      cp -a --reflink=auto -- "$backup" "$live"
    done
    ln -sfn -- "$2" "$3/pg_tblspc/\${1##*/}"' sh "$phase/${PHASE_FILES.tablespaces}/$1" "$2" "$old.restoring-$tag" "$from" "$tag"
}
# Position as a number, so that two can be compared.
position() { printf '%d' "$((0x\${1%/*} * 4294967296 + 0x\${1#*/}))"; }
stop_position() { # in a shell of its own, as $(…) gives it
  make_temporary || return 1
  as_owner sh -c 'mkdir "$2/global" && if [ -e "$1/global/pg_control.old" ]; then cp "$1/global/pg_control.old" "$2/global/pg_control"; else cp "$1/global/pg_control" "$2/global/pg_control"; fi' sh "$old.upgraded-$tag" "$temporary"
  control "$old_bin" "$temporary" "Latest checkpoint location"
}
reached_the_stop() {
  want=$(stop_position); got=$(control "$old_bin" "$old" "Latest checkpoint location")
  [ -n "$want" ] && [ -n "$got" ] && [ "$(position "$got")" -ge "$(position "$want")" ]
}
`;

const MAIN = `
accepted=
stop_only=false
while [ $# -gt 0 ]; do
  case $1 in
    --accept) accepted=\${2-}; shift ;;
    --stop-only) stop_only=true ;;
    *) echo "usage: ./rollback.sh [--accept $loss] [--stop-only]" >&2; exit 2 ;;
  esac
  [ $# -eq 0 ] || shift
done

if running "$old_bin" "$old"; then say "PostgreSQL $from serves already: nothing to do"; hint_standbys; exit ${ROLLBACK_EXIT.done}; fi

if there "$phase/${PHASE_FILES.onStandby}" && [ "$stop_only" = false ]; then
  echo "A standby took the place of this server: PostgreSQL $from must not be started here as well. Nothing was touched." >&2
  echo "If none does, remove $phase/${PHASE_FILES.onStandby} and run this again." >&2
  exit ${ROLLBACK_EXIT.refused}
fi

if there "$phase/${PHASE_FILES.opened}" && [ "$accepted" != "$loss" ]; then
  echo "PostgreSQL $to has served since $(as_owner date -u -r "$phase/${PHASE_FILES.opened}" +%FT%TZ)."
  echo "Going back to $from loses everything written since then ($loss)."
  [ -t 0 ] || { echo "Refused; nothing was touched. To accept the loss: ./rollback.sh --accept $loss" >&2; exit ${ROLLBACK_EXIT.refused}; }
  printf 'Type the name of the loss to go on: '
  read -r accepted
  [ "$accepted" = "$loss" ] || { echo "Refused; nothing was touched." >&2; exit ${ROLLBACK_EXIT.refused}; }
fi

if running "$new_bin" "$new"; then stop_new || { echo "PostgreSQL $to does not stop; nothing else was touched" >&2; exit 1; }; fi
if [ "$stop_only" = true ]; then
  no_boot || exit 1
  as_owner sh -c ': >"$1" && sync "$1"' sh "$phase/${PHASE_FILES.onStandby}" || exit 1
  say "PostgreSQL $to is stopped and does not start at boot; a standby of PostgreSQL $from takes its place"
  hint_standbys
  exit ${ROLLBACK_EXIT.done}
fi
restored=false
if there "$old.restoring-$tag" || there "$old.upgraded-$tag" || ! old_is_whole; then
  full || { echo "the restore did not finish; the new server is stopped, run this again after mending the cause above" >&2; exit 1; }
  restored=true
else
  put_control_back "$old" || exit 1
fi
set_new_aside || exit 1
# Left in place it would keep the restarted server's WAL for ever.
as_owner rm -rf -- "$old/pg_replslot/$slot"
writable_again "$old_bin" "$old" || exit 1
at_boot || say "which server starts at boot could not be set: see to it that it is $from"
as_owner rm -f -- "$phase/${PHASE_FILES.opened}"
start_old || { echo "PostgreSQL $from does not start; see its log" >&2; exit 1; }
if [ "$restored" = true ] && ! reached_the_stop; then
  say "PostgreSQL $from serves from the backup, but the WAL kept ends before the stop: writes in between are missing"
  exit ${ROLLBACK_EXIT.short}
fi
say "PostgreSQL $from serves again"
hint_standbys
`;
