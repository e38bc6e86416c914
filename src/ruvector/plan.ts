import type { RuvectorUpgradeInput } from '../migration/ruvector';
import { layout, type Cluster } from '../postgres/cluster';
import { withSql } from '../postgres/connection';
import type { Finding } from '../postgres/preflight/check';
import { ARRAY_FORMS, type ArrayForms } from './conversion';
import { strategyFor, type Extension, type Strategy } from './extension';
import { readLive, type Live } from './live';
import {
  extensionFindings,
  invalidIndexFindings,
  unreadableFindings,
  vectorFindings,
  versionFindings,
} from './preflight/catalog-checks';
import { blocker } from './preflight/findings';
import { spaceFindings } from './preflight/space';
import type { Prediction } from './prediction';
import { planIndexes, type PlannedIndex } from './scripts';
import { tryOut } from './trial';
import { tableName } from './vector-columns';
import { Workshop } from './workshop';

/** What an upgrade will do; everything is read from the catalog and from a scratch server. */
export interface UpgradePlan {
  extension: Extension;
  to: string;
  strategy: Strategy;
  forms: { from: ArrayForms; to: ArrayForms };
  tables: { name: string; rows: number; bytes: number; columns: string[] }[];
  indexes: PlannedIndex[];
  /** Access methods of the old version that build concurrently, for the way back. */
  concurrentBefore: string[];
  /** Names of what stands on the extension and is carried over. */
  dependants: string[];
  /** What waits, and why. */
  unavailable: string;
  /** How long; absent where there is nothing to wait for, or where the upgrade can't be tried. */
  prediction?: Prediction;
}

/** A plan with what speaks against it. `plan` is absent where there is nothing to plan for. */
export interface Inspection {
  plan?: UpgradePlan;
  findings: Finding[];
}

/** The extension is not in that database. */
export class NoSuchExtension extends Error {
  override name = 'NoSuchExtension';
}

/** Reads the extension's state in one database. @throws NoSuchExtension */
export async function requireLive(cluster: Cluster, database: string, extension: string): Promise<Live> {
  const live = await withSql(cluster, { database }, (sql) => readLive(sql, extension));
  if (live) return live;
  throw new NoSuchExtension(
    `database: "${database}" of ${cluster.name} has no extension ${extension}. Look at \\dx in each database. Nothing was touched.`,
  );
}

/** Looks at everything that an upgrade will meet, and tries it on a scratch server. The cluster itself is only read. */
export async function inspect(
  cluster: Cluster,
  postgres: number,
  input: RuvectorUpgradeInput,
  progress: (what: string) => void,
): Promise<Inspection> {
  const { database, to } = input;
  const live = await requireLive(cluster, database, input.extension);
  const version = versionFindings(live, to, database);
  if (version.some(({ check }) => check === 'extension-version' || check === 'way-back')) return { findings: version };
  const strategy = strategyFor(live.extension, to);
  const space = await spaceFindings(cluster, postgres, live, strategy, input.rehearse);
  progress('reading the vectors');
  const { forms, findings } = await withSql(cluster, { database }, async (sql) => {
    const [from] = await sql.query<{ [c: string]: unknown } & ArrayForms>(ARRAY_FORMS, [input.extension]);
    const unreadable = await unreadableFindings(sql, live, from);
    const seen = unreadable.length > 0 ? unreadable : await vectorFindings(sql, live, from);
    return { forms: from, findings: [...seen, ...(await extensionFindings(sql, live, strategy))] };
  });
  const known = [...version, ...space, ...invalidIndexFindings(live, database), ...findings];
  progress('trying it on a scratch server');
  return Workshop.with(cluster, postgres, async (workshop) => {
    const offers = await workshop.offers(live.extension.name, to);
    const before = await workshop.offers(live.extension.name, live.extension.version);
    const { after, problems } = planIndexes(live.indexes, offers, input);
    const plan = planOf(live, to, strategy, { from: forms, to: offers.forms }, after, before.concurrent);
    const methods = problems.map(({ index, problem }) =>
      blocker('index-method', {
        database,
        object: `index ${index}`,
        seen: `${problem}.`,
        action: 'Say method, operatorClass, or both in the input.',
      }),
    );
    const trial = { cluster, paths: layout(cluster, postgres), input, live, plan, workshop };
    const { prediction, findings: all } = await tryOut(trial, [...known, ...methods]);
    return { plan: { ...plan, prediction }, findings: all };
  });
}

function planOf(
  live: Live,
  to: string,
  strategy: Strategy,
  forms: UpgradePlan['forms'],
  indexes: PlannedIndex[],
  concurrentBefore: string[],
): UpgradePlan {
  return {
    extension: live.extension,
    to,
    strategy,
    forms,
    tables: live.tables.map((table) => ({
      name: tableName(table),
      rows: table.rows,
      bytes: table.bytes,
      columns: table.columns.map(({ name, type }) => `${name} ${type}`),
    })),
    indexes,
    concurrentBefore,
    dependants: live.dependants.map(({ kind, identity }) => `${kind} ${identity}`),
    unavailable: unavailable(strategy, live, indexes),
  };
}

function unavailable(strategy: Strategy, { tables }: Live, indexes: PlannedIndex[]): string {
  const names = tables.map(tableName).join(', ') || 'no table';
  const how =
    strategy === 'in place'
      ? 'writes wait while their vectors are read twice for a checksum, reads while they are read once'
      : 'writes wait while their vectors are read for a checksum and the tables are written twice, reads while they are written';
  const blocking = indexes.filter(({ concurrently }) => !concurrently).map(({ identity }) => identity);
  const building =
    blocking.length === 0
      ? ', concurrently'
      : `; writes wait again while these are built, because their access method can't do it concurrently: ${blocking.join(', ')}`;
  const search =
    indexes.length > 0 ? ` Afterwards searches read whole tables until the indexes are built anew${building}.` : '';
  return `${names}: ${how}, in one transaction.${search}`;
}
