import type { Cluster } from '../../postgres/cluster';
import { databases, withSql, type Sql } from '../../postgres/connection';
import { NotReady } from '../../postgres/upgrade/describe';
import { DEFAULT_OPTIONS, DISTANCES, type RewriteOptions } from '../rewrite/names';
import { rewriteFile } from '../rewrite/rewrite-file';
import { unifiedDiff } from '../rewrite/unified-diff';
import { catalogTexts, type CatalogText } from './catalog-texts';
import { installedExtension, type InstalledExtension } from './extension';

/** An object or a statement with calls in it, and what it would become. */
export interface ReportedText {
  kind: string;
  name: string;
  calls: { line: number; name: string }[];
  problems: { line: number; reason: string }[];
  /** Empty where nothing would be rewritten, or where the report would be too long for a workflow's result. */
  diff: string;
}

export interface RewriteReport {
  cluster: string;
  database: string;
  extension: InstalledExtension;
  items: ReportedText[];
  /** How many diffs were left out for length. */
  diffsLeftOut: number;
}

/** A result in Temporal's history may have 2 MiB. */
const MOST_CHARACTERS = 500_000;

/** What of a database's functions, views, expressions and statements would be rewritten. Changes nothing. */
export async function rewriteReport(
  cluster: Cluster,
  { database, to }: { database: string; to: RewriteOptions['to'] },
): Promise<RewriteReport> {
  const known = await databases(cluster);
  if (!known.includes(database)) {
    throw new NotReady(
      `database: cluster "${cluster.name}" has no database "${database}". It has: ${known.join(', ')}.`,
    );
  }
  return withSql(cluster, { database }, async (sql) => {
    const extension = await installedExtension(sql);
    if (!extension) throw new NotReady(`database: "${database}" does not have the extension ruvector.`);
    const items = await reported(sql, extension, to);
    return { cluster: cluster.name, database, extension, ...shortened(items) };
  });
}

async function reported(sql: Sql, extension: InstalledExtension, to: RewriteOptions['to']): Promise<ReportedText[]> {
  const { schema, innerProduct } = extension;
  const options = { ...DEFAULT_OPTIONS, to, schemas: [schema], ...(innerProduct && { innerProduct }) };
  const items: ReportedText[] = [];
  for (const text of await catalogTexts(sql, Object.keys(DISTANCES).join('|'))) {
    const item = await judged(text, options);
    if (item.calls.length > 0 || item.problems.length > 0) items.push(item);
  }
  return items;
}

async function judged({ kind, name, text }: CatalogText, options: RewriteOptions): Promise<ReportedText> {
  const { before, after, calls, problems } = await rewriteFile(`${name}.sql`, Buffer.from(text), options);
  return { kind, name, calls, problems, diff: unifiedDiff(`${kind}/${name}`, before, after) };
}

function shortened(items: ReportedText[]): Pick<RewriteReport, 'items' | 'diffsLeftOut'> {
  let characters = 0;
  let diffsLeftOut = 0;
  const kept = items.map((item) => {
    characters += item.diff.length;
    if (characters <= MOST_CHARACTERS || item.diff === '') return item;
    diffsLeftOut += 1;
    return { ...item, diff: '' };
  });
  return { items: kept, diffsLeftOut };
}
