import type { Sql } from '../postgres/connection';
import { ARRAY_FORMS, fingerprintSql, type ArrayForms, type Fingerprint } from './conversion';
import type { Live } from './live';
import { exactAnswers, indexSearch, measureIndex, type IndexMeasure } from './measure-index';
import { columnSearch, type Neighbours, type Query } from './neighbours';
import { readIndexMethods, type VectorIndex } from './vector-index';
import { tableName } from './vector-columns';

/** Exact nearest neighbours of sampled queries in one column by one operator. */
export interface ColumnNeighbours {
  /** `claude_flow.embeddings embedding <=>`. */
  search: string;
  answers: [Query, Neighbours][];
}

/** One database's vectors at one moment. */
export interface VectorEvidence {
  version: string;
  fingerprints: Fingerprint[];
  neighbours: ColumnNeighbours[];
  indexes: (IndexMeasure & { identity: string; method: string; operatorClass: string })[];
  /** Kind and name of what stands on the extension. */
  dependants: string[];
}

/** Measures every vector column and vector index. @param asked queries of an earlier measurement, to ask again. */
export async function takeEvidence(
  sql: Sql,
  live: Live,
  progress: (what: string) => void,
  asked: readonly ColumnNeighbours[] = [],
): Promise<VectorEvidence> {
  const { extension, tables, indexes, dependants } = live;
  const [forms] = await sql.query<{ [c: string]: unknown } & ArrayForms>(ARRAY_FORMS, [extension.name]);
  const fingerprints: Fingerprint[] = [];
  const columns: ColumnNeighbours[] = [];
  const measures: VectorEvidence['indexes'] = [];
  const fallback = (await readIndexMethods(sql, extension.name))[0]?.operator;
  await sql.query('set extra_float_digits = 1');
  for (const table of tables) {
    const name = tableName(table);
    progress(`fingerprint of ${name}`);
    fingerprints.push(...(await sql.query<{ [c: string]: unknown } & Fingerprint>(fingerprintSql(table, forms))));
    for (const column of table.columns) {
      const operators = new Set(
        indexes.filter(({ tableOid }) => tableOid === table.oid).map(({ operator }) => operator),
      );
      for (const operator of operators.size > 0 ? operators : fallback ? [fallback] : []) {
        progress(`neighbours in ${name}.${column.name} by ${operator}`);
        const search = `${name} ${column.name} ${operator}`;
        const before = asked.find((each) => each.search === search);
        const answers = await exactAnswers(
          sql,
          columnSearch(table, column.name, operator, extension.schema),
          before?.answers.map(([query]) => query),
        );
        columns.push({ search, answers });
      }
    }
  }
  for (const index of indexes.filter(({ valid, onView, partitioned }) => valid && !onView && !partitioned)) {
    progress(`recall of ${index.identity}`);
    measures.push(await measureOne(sql, live, index));
  }
  return {
    version: extension.version,
    fingerprints,
    neighbours: columns,
    indexes: measures,
    dependants: dependants.map(({ kind, identity }) => `${kind} ${identity}`),
  };
}

/** Measures one index with the others of its table hidden. */
export async function measureOne(
  sql: Sql,
  { tables, indexes, extension }: Live,
  index: VectorIndex,
): Promise<VectorEvidence['indexes'][number]> {
  const table = tables.find(({ oid }) => oid === index.tableOid);
  if (!table) throw new Error(`index ${index.identity} is on ${index.table}, which has no vector column any more`);
  const search = indexSearch(index, table.columns[0].bareType, extension.schema, table.others);
  const hidden = indexes
    .filter(({ oid, tableOid }) => tableOid === index.tableOid && oid !== index.oid)
    .map(({ oid }) => oid);
  const answers = await exactAnswers(sql, search);
  const measure = await measureIndex(sql, index, hidden, search, answers);
  return { ...measure, identity: index.identity, method: index.method, operatorClass: index.operatorClass };
}
