import { shellCommand, shellWord } from '../hosts/quote';
import { connectionString, liveTarget, programArguments } from '../postgres/client-programs';
import { layout, type Cluster } from '../postgres/cluster';
import { preamble } from '../postgres/upgrade/shell';
import { FILES, type UpgradeRecord } from './files';

/** psql on the host, with what has to come before its file. */
export function psqlCommand(cluster: Cluster, postgres: number, database: string, ...args: string[]): string[] {
  const options = ['--no-psqlrc', `--dbname=${connectionString(liveTarget(cluster, database))}`, ...args];
  return programArguments(layout(cluster, postgres), 'psql', options);
}

/**
 * `rollback.sh` of an upgrade: what a person runs at the terminal, and what pgpassage itself runs. It loses nothing:
 * vectors written since go back with the others. What it does is one transaction, so it can be run again after any end.
 */
export function rollbackScript(cluster: Cluster, directory: string, record: UpgradeRecord): string {
  const { database, extension, to, postgres, startedAt } = record;
  const psql = shellCommand(psqlCommand(cluster, postgres, database));
  return `#!/bin/sh
# Takes extension ${extension.name} of database ${JSON.stringify(database)}, cluster ${record.cluster}, back from ${to} to ${extension.version}.
# Written by pgpassage before the upgrade of ${startedAt}. Nothing is lost: rows and vectors written since stay.
# Reads of and writes to the tables with vectors wait while it runs. A password comes from PGPASSFILE or is asked for.
${preamble(cluster.entry.osUser)}
here=${shellWord(directory)}
say() { echo "$*"; as_owner sh -c 'echo "$(date -u +%FT%TZ) rollback: $2" >>"$1"' sh "$here/${FILES.log}" "$*"; }
ask=--no-password
[ ! -t 0 ] || ask=
run() { as_owner ${psql} $ask --file="$here/$1"; }

run ${FILES.rollback} || { say "the rollback was refused, and PostgreSQL put everything back: see the error above"; exit 1; }
run ${FILES.rollbackIndexes} || { say "extension ${extension.name} is ${extension.version} again, but not every index was built: run this again"; exit 1; }
say "extension ${extension.name} is ${extension.version} again, with its indexes"
`;
}
