import { makeDirectory, removeTree } from '../hosts/files';
import type { RuvectorUpgradeInput } from '../migration/ruvector';
import { workDirectory, type Cluster, type Layout } from '../postgres/cluster';
import { withSql } from '../postgres/connection';
import type { Finding } from '../postgres/preflight/check';
import { SchemaArchive } from './archive';
import type { Live } from './live';
import type { UpgradePlan } from './plan';
import { predict, type Prediction } from './prediction';
import { dependantFindings } from './preflight/catalog-checks';
import { accepting, blocker, warning } from './preflight/findings';
import { rehearse, type Rehearsal } from './rehearsal';
import { makeScripts, type Scripts } from './scripts';
import type { Workshop } from './workshop';

/** What is tried on the scratch server before a plan is given. */
export interface Trial {
  cluster: Cluster;
  paths: Layout;
  input: RuvectorUpgradeInput;
  live: Live;
  plan: UpgradePlan;
  workshop: Workshop;
}

/**
 * Tries the plan with empty tables, which finds what stands in the way, and then with a sample of the rows, which tells how
 * long it will take. Where something known already stands in the way, the sample would only fail of it and is left out.
 */
export async function tryOut(
  trial: Trial,
  known: readonly Finding[],
): Promise<{ findings: Finding[]; prediction?: Prediction }> {
  const { cluster, paths, input, live, plan } = trial;
  const directory = `${workDirectory(cluster)}/ruvector-schema`;
  await makeDirectory(cluster.host, directory, cluster.entry.osUser);
  try {
    const archive = await SchemaArchive.dump(cluster, paths, input.database, directory);
    const scripts = await withSql(cluster, { database: input.database }, (sql) =>
      makeScripts(sql, live, archive, plan),
    );
    const { rehearsal, findings: met } = await withEmptyTables(trial, archive, scripts);
    const findings = accepting([...known, ...met], input.accept);
    const stopped = findings.some(({ severity }) => severity === 'blocker');
    if (stopped || !rehearsal?.marks) return { findings };
    const { prediction, untold } = await withSample(trial, directory, scripts, rehearsal.marks);
    return { findings: [...findings, ...untold], prediction };
  } finally {
    await removeTree(cluster.host, directory, cluster.entry.osUser);
  }
}

async function withEmptyTables(
  { input, live, plan, workshop }: Trial,
  archive: SchemaArchive,
  scripts: Scripts,
): Promise<{ findings: Finding[]; rehearsal?: Rehearsal }> {
  const standing = dependantFindings(scripts.restoration, plan.strategy, input.database);
  // What can't be carried over would fail here once more, and say it worse.
  if (standing.some(({ check }) => check === 'dependants')) return { findings: standing };
  const rehearsal = await rehearse(workshop, live, archive, scripts, plan.indexes);
  const refused = rehearsal.problems.map((problem) =>
    blocker('rehearsal', {
      database: input.database,
      object: `extension ${input.extension}`,
      seen: `on a copy of the schema, PostgreSQL refused the upgrade: ${problem}`,
      action: 'Change or drop the object that it names, and make it anew after the upgrade.',
    }),
  );
  return { findings: [...standing, ...refused], rehearsal };
}

/** What fails with some of the rows may get through with all, as a check that looks into another table does: it stops nothing. */
async function withSample(
  { cluster, paths, input, live, plan, workshop }: Trial,
  directory: string,
  scripts: Scripts,
  empty: NonNullable<Rehearsal['marks']>,
): Promise<{ untold: Finding[]; prediction?: Prediction }> {
  const place = { cluster, paths, database: input.database, workshop, directory };
  const { problem, prediction } = await predict(place, live, scripts, plan.indexes, empty);
  if (problem === undefined) return { untold: [], prediction };
  const untold = warning('prediction', {
    database: input.database,
    object: `extension ${input.extension}`,
    seen: `how long it takes can't be told by a sample of the rows: ${problem}`,
    action: 'The rehearsal tries it on a copy of all rows, and measures it.',
  });
  return { untold: [untold], prediction };
}
