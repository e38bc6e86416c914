import { shellWord } from '../../hosts/quote';
import { layout, program, type Standby } from '../cluster';
import { service } from '../service';
import { functions, SET_NEW_ASIDE } from '../upgrade/rollback-script';
import { preamble } from '../upgrade/shell';
import type { StandbyRecord } from './standby-files';

/**
 * `rollback.sh` of a standby: what a person runs on its host once the primary's own rollback.sh is through, and what
 * pgpassage runs. The old data directory was left alone, so that the standby goes on from where it was stopped.
 */
export function standbyRollbackScript(standby: Standby, directory: string, record: StandbyRecord): string {
  const [from, to] = [layout(standby, record.from), layout(standby, record.to)];
  return `#!/bin/sh
# Takes standby ${record.standby} of cluster ${record.cluster} back from PostgreSQL ${record.to} to ${record.from}. Run it after the primary's rollback.sh.
#
#   ./rollback.sh              starts PostgreSQL ${record.from}, which follows the old primary again
#   ./rollback.sh --promote    makes it the primary, at this host's address; only when no other primary runs
#   ./rollback.sh --no-start   only sets PostgreSQL ${record.to} aside
${preamble(standby.entry.osUser)}
phase=${shellWord(directory)}
old=${shellWord(from.dataDirectory)}
new=${shellWord(to.dataDirectory)}
old_bin=${shellWord(from.binDirectory)}
new_bin=${shellWord(to.binDirectory)}
from=${record.from}
to=${record.to}
tablespaces=${shellWord(record.tablespaces.map(({ oid, location }) => `${oid} ${location}`).join('\n'))}
${functions(service(standby, record.from), service(standby, record.to))}
${SET_NEW_ASIDE}
promote_old() { as_owner ${shellWord(program(from, 'pg_ctl'))} -D "$old" -w -s promote; }
${MAIN}`;
}

const MAIN = `
promote=false
start=true
while [ $# -gt 0 ]; do
  case $1 in
    --promote) promote=true ;;
    --no-start) start=false ;;
    *) echo "usage: ./rollback.sh [--promote | --no-start]" >&2; exit 2 ;;
  esac
  shift
done

if running "$new_bin" "$new"; then stop_new || { echo "PostgreSQL $to does not stop; nothing else was touched" >&2; exit 1; }; fi
as_owner rm -rf -- "$new.building"
set_new_aside || exit 1
at_boot
[ "$start" = true ] || { say "PostgreSQL $to is set aside"; exit 0; }
if ! running "$old_bin" "$old"; then
  there "$old/PG_VERSION" || { echo "$old is not there: the standby has to be rebuilt" >&2; exit 1; }
  start_old || { echo "PostgreSQL $from does not start; see its log" >&2; exit 1; }
fi
if [ "$promote" = true ] && there "$old/standby.signal"; then
  promote_old || { echo "PostgreSQL $from was not promoted; see its log" >&2; exit 1; }
  say "PostgreSQL $from serves here as the primary"
else
  say "PostgreSQL $from runs again"
fi
`;
