import { shellCommand, shellWord } from '../../hosts/quote';
import { program, type Layout } from '../cluster';
import { STANDBY_FILES } from './standby-files';

/** All that the rebuild of a standby has to know. It runs on the standby's host as its OS user. */
export interface RebuildPlan {
  paths: Layout;
  /** How the standby reaches its primary, without a password. */
  conninfo: string;
  /** Keeps the primary's WAL from the base backup until the standby streams. */
  slot: string;
  /** The phase's directory for this standby. */
  state: string;
  /** Where the tablespaces are on the primary and here. */
  tablespaces: { oid: string; onPrimary: string; here: string }[];
  /** What becomes of the directory that stood in the place and gave its configuration: its suffix if it is to be kept. */
  keepAs?: string;
}

/**
 * Takes a base backup of the running primary beside the standby's place, gives it the configuration that stands there,
 * and puts it into the place. Killed at any point and run again it goes on from what is there.
 */
export function rebuildScript(plan: RebuildPlan): string {
  const { paths, state } = plan;
  const target = paths.dataDirectory;
  const mappings = plan.tablespaces.map(
    ({ oid, onPrimary, here }) =>
      `--tablespace-mapping=${onPrimary.replaceAll('=', '\\=')}=${buildingTablespace(here, oid).replaceAll('=', '\\=')}`,
  );
  const backup = [
    program(paths, 'pg_basebackup'),
    `--dbname=${plan.conninfo}`,
    `--pgdata=${target}.building`,
    `--slot=${plan.slot}`,
    ...['--wal-method=stream', '--checkpoint=fast', '--progress', '--no-password', '--no-sync'],
    ...mappings,
  ];
  return `
set -eu
umask 077
export LC_ALL=C
[ ! -e secrets/pgpass ] || export PGPASSFILE="$PWD/secrets/pgpass"
unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGSERVICE PGOPTIONS PGPASSWORD
cd /
target=${shellWord(target)}
building=$target.building
aside=$target.${plan.keepAs ?? 'prepared'}
built=${shellWord(`${state}/${STANDBY_FILES.built(paths.version)}`)}
${CONFIGURATION}
if [ ! -e "$built" ]; then
  rm -rf -- "$building"${plan.tablespaces.map(({ here, oid }) => ` ${shellWord(buildingTablespace(here, oid))}`).join('')}
  ${shellCommand(backup)}
  configuration_from "$target"
  : >"$building/standby.signal"
  sync -f "$building"
  : >"$built" && sync "$built"
fi
${plan.tablespaces.map((tablespace) => placeTablespace(tablespace, plan.keepAs)).join('')}
if [ -e "$building" ]; then
  [ ! -e "$target" ] || mv -- "$target" "$aside"
  mv -- "$building" "$target"
fi
${plan.keepAs ? 'echo "what stood there is kept as $aside"' : 'rm -rf -- "$aside"'}
echo "rebuilt: $(du -scB1 -- "$target"${plan.tablespaces.map(({ here }) => ` ${shellWord(here)}`).join('')} | tail -n 1 | cut -f1) bytes"
`;
}

// Everything of a data directory that is not the database itself: the standby's, where the backup brought the primary's.
const CONFIGURATION = `
configuration_from() {
  for entry in "$1"/*; do
    name=\${entry##*/}
    case $name in
      PG_VERSION | base | global | log | postmaster.* | *.signal | backup_* | tablespace_map* | current_logfiles) continue ;;
      pg_*) [ ! -d "$entry" ] || continue ;;
    esac
    rm -rf -- "$building/$name"
    cp -a -- "$entry" "$building/$name"
  done
}`;

// Inside the tablespace's own location, so that it gets into its place by a rename.
const buildingTablespace = (here: string, oid: string): string => `${here}/building-${oid}`;

function placeTablespace({ oid, here }: RebuildPlan['tablespaces'][number], keepAs?: string): string {
  const stage = shellWord(buildingTablespace(here, oid));
  const place = shellWord(here);
  const old = keepAs ? `mv -- "$live" "$live.${keepAs}"` : 'rm -rf -- "$live"';
  return `
if [ -d ${stage} ]; then
  for from in ${stage}/PG_*; do
    live=${place}/\${from##*/}
    [ ! -e "$from" ] || { [ ! -e "$live" ] || ${old}; mv -- "$from" "$live"; }
  done
  ln -sfn -- ${place} "$building/pg_tblspc/${oid}"
  rmdir -- ${stage}
fi
`;
}

/** Bytes of the rebuilt standby by what the job printed. */
export function rebuiltBytes(printed: string): number {
  return Number(/^rebuilt: (\d+) bytes$/m.exec(printed)?.[1] ?? 0);
}

/** pg_basebackup's own progress as bytes; anything else that the job prints stays as it is. */
export function progressInBytes(line: string): string {
  const match = /^\s*(\d+)\/(\d+) kB \((\d+)%\)/.exec(line);
  return match ? `${Number(match[1]) * 1024} of ${Number(match[2]) * 1024} bytes (${match[3]} %)` : line;
}
