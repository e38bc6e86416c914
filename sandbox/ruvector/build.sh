#!/usr/bin/env bash
# Builds the published RuVector extension for one PostgreSQL into the cache, where Rust is at hand.
# usage: build.sh MAJOR BIN_DIRECTORY       (16 or 17: the crate has no newer one)
#
# Crate ruvector-postgres from crates.io by cargo. Its one library serves extension 0.1.0 and 2.0.0, whose install
# scripts are hand-written files of the crate; so plain `cargo build` does, and cargo-pgrx, which would generate a
# script, is not needed. libclang comes from PyPI. About 2 minutes of processor time.
# Exit code 3: it can't be built here, and stderr says why.
set -euo pipefail
umask 022
major=$1 bin=$2
CRATE=2.0.6
LIBCLANG=18.1.1

say() { echo "ruvector: $*" >&2; }
left_out() { say "the published extension is not built for PostgreSQL $major: $*"; exit 3; }

if [[ -n ${PGPASSAGE_CACHE:-} ]]; then CACHE=$PGPASSAGE_CACHE
elif ((EUID == 0)); then CACHE=/var/cache/pgpassage
else CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/pgpassage; fi
target=$CACHE/ruvector-published-$("$bin/pg_config" --version | tr -dc '0-9.')
[[ -e $target ]] && say "already there: $target" && exit 0

[[ $major == 16 || $major == 17 ]] || left_out "the crate has features for 14 to 17 only"
command -v cargo >/dev/null || left_out "there is no cargo on PATH"
command -v cc >/dev/null || left_out "there is no C compiler on PATH"
[[ -e $("$bin/pg_config" --includedir-server)/postgres.h ]] || left_out "$bin has no server headers"

mkdir -p "$CACHE/ruvector-build" && exec 9>"$CACHE/ruvector-build/.lock" && flock 9
[[ -e $target ]] && exit 0
cd "$CACHE/ruvector-build"
if [[ ! -e libclang ]]; then
  rm -rf wheel libclang.new
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --dest wheel \
    "libclang==$LIBCLANG" >&2 || left_out "pip could not fetch libclang $LIBCLANG"
  python3 -m zipfile -e wheel/*.whl libclang.new && mv -T libclang.new libclang
fi
# A package that only depends on the crate: cargo then fetches and checks it as it does every dependency.
mkdir -p fetch/src && : >fetch/src/lib.rs
cat >fetch/Cargo.toml <<TOML
[package]
name = "fetch"
version = "0.0.0"
edition = "2021"
[dependencies]
ruvector-postgres = { version = "=$CRATE", default-features = false }
TOML
source_=$(cd fetch && cargo metadata --format-version 1 | python3 -c '
import json, os, sys
print(next(os.path.dirname(p["manifest_path"]) for p in json.load(sys.stdin)["packages"] if p["name"] == "ruvector-postgres"))')
rm -rf crate && cp -rp "$source_" crate # times kept: what is compiled already stays so
PGRX_PG_CONFIG_PATH=$bin/pg_config PGRX_HOME=$PWD CARGO_TARGET_DIR=$PWD/target \
  LIBCLANG_PATH=$(dirname "$(find "$PWD/libclang" -name 'libclang.so' | head -n 1)") \
  BINDGEN_EXTRA_CLANG_ARGS=-I$(cc -print-file-name=include) \
  cargo build --quiet --manifest-path crate/Cargo.toml --release --locked --lib --no-default-features --features "pg$major" >&2

rm -rf new && mkdir new
install -m 755 target/release/libruvector_postgres.so new/ruvector.so
install -m 644 crate/sql/ruvector--*.sql new/
sed "s|@CARGO_VERSION@|$CRATE|" crate/ruvector.control >new/ruvector.control
mv -T new "$target"
say "built: $target"
