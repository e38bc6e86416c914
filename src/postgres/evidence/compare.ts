import { compareTables } from './compare-data';
import { compareExtensions, updatedExtensions } from './compare-extensions';
import { compareObjects } from './compare-objects';
import { compareReplication } from './compare-replication';
import { compareSequences } from './compare-sequences';
import { list } from './describe';
import type { ComparisonCheck, DatabaseEvidence, Evidence } from './evidence';
import { BOOTSTRAP, CATALOG_COLUMNS } from './kinds';
import type { Passage } from './legitimate';
import type { ClusterCounters } from './write-counters';

/** What has to be known besides the evidence to tell what may differ. */
export interface ComparisonContext {
  /** The counters of the old server right before its stop: what was written between the evidence and the stop. */
  writtenBeforeStop: ClusterCounters;
  /** The counters of the new server when it was handed to its clients: after a restore they are not zero, as after pg_upgrade. */
  writtenAtStart?: ClusterCounters;
}

/**
 * Compares a cluster with itself before a phase. Looks for anything that is missing, changed or new, in every kind of
 * object that either side has, and leaves out only what `legitimate.ts` names. A pure function.
 */
export function compareEvidence(before: Evidence, after: Evidence, context: ComparisonContext): ComparisonCheck[] {
  const now = new Map(after.databases.map((database) => [database.name, database]));
  const missing = before.databases.filter(({ name }) => !now.has(name)).map(({ name }) => name);
  const checks = before.databases.flatMap((database) => {
    const same = now.get(database.name);
    return same ? compareDatabase(database, same, passage(before, after, database, same), context) : [];
  });
  return [
    missingDatabases(before, missing),
    ...compareObjects('cluster', before.globals, after.globals, passage(before, after)),
    ...compareReplication(before.replication, after.replication),
    ...checks,
  ];
}

function missingDatabases({ databases }: Evidence, missing: string[]): ComparisonCheck {
  const name = 'cluster: databases that can be read';
  if (missing.length > 0) return { name, outcome: 'failed', detail: `missing: ${list(missing)}` };
  return { name, outcome: 'passed', detail: list(databases.map((database) => database.name)) };
}

function compareDatabase(
  before: DatabaseEvidence,
  after: DatabaseEvidence,
  way: Passage,
  { writtenBeforeStop, writtenAtStart }: ComparisonContext,
): ComparisonCheck[] {
  return [
    ...compareTables(before, after, writtenBeforeStop[before.name], writtenAtStart?.[before.name]),
    ...compareSequences(before, after),
    ...compareExtensions(before, after),
    ...compareObjects(before.name, before.objects, after.objects, way),
  ];
}

function passage(before: Evidence, after: Evidence, database?: DatabaseEvidence, same?: DatabaseEvidence): Passage {
  return {
    from: parseInt(before.serverVersion, 10),
    to: parseInt(after.serverVersion, 10),
    columnsBefore: columns(before),
    columnsAfter: columns(after),
    updatedExtensions: new Set(database && same ? updatedExtensions(database, same) : []),
    bootstrapSuperuser: bootstrapSuperuser(after),
  };
}

function bootstrapSuperuser({ globals }: Evidence): string | undefined {
  return Object.entries(globals.role ?? {}).find(
    ([, properties]) => BOOTSTRAP in (JSON.parse(properties) as object),
  )?.[0];
}

function columns({ globals }: Evidence): Set<string> {
  return new Set(Object.values(globals[CATALOG_COLUMNS] ?? {}).flatMap((names) => JSON.parse(names) as string[]));
}
