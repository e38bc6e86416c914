import { identifier, type Sql } from '../../postgres/connection';
import { ARRAY_FORMS, type ArrayForms } from '../conversion';
import { measureOne } from '../evidence';
import { tableName, type VectorTable } from '../vector-columns';
import { readStatistics } from '../vector-statistics';
import type { Judged, Line, LineContext } from './line';

/** Below it a search by the index misses too much to be passed without a person. */
const GOOD_RECALL = 0.9;
/** An index of more than this many times its table's bytes is for a person to judge. */
const LARGE_INDEX = 5;
const BULK_ROWS = 1_000;

/** The runbook's lines, in its order. */
export const LINES: readonly Line[] = [
  { name: 'distance-functions', title: 'Update distance function calls in application code', judge: distanceFunctions },
  { name: 'index-parameters', title: 'Review HNSW index parameters', judge: indexParameters },
  { name: 'search-performance', title: 'Test vector search query performance', judge: searchPerformance },
  { name: 'dimensions', title: 'Update vector dimension validation logic', judge: dimensions },
  { name: 'index-size', title: 'Review index size and adjust parameters', judge: indexSize },
  { name: 'dashboards', title: 'Update monitoring dashboards for new metrics', judge: dashboards },
  { name: 'bulk-insert', title: 'Test bulk insert performance', judge: bulkInsert },
];

/** Looks for calls in functions, views and recorded statements; what is outside of the database a person has to know. */
async function distanceFunctions({ sql, goneFunctions }: LineContext): Promise<Judged> {
  if (goneFunctions.length === 0)
    return { verdict: 'passed', evidence: 'the new version has every function of the old one' };
  const word = `\\m(${goneFunctions.map((name) => name.replace(/[^\w]/g, '.')).join('|')})\\M`;
  const calls = await sql.query<{ name: string }>(
    `select 'function ' || p.oid::regprocedure as name from pg_proc p where p.prosrc ~ $1 and not exists
       (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
     union all
     select 'view ' || c.oid::regclass from pg_class c where c.relkind in ('v', 'm') and c.oid >= 16384 and pg_get_viewdef(c.oid) ~ $1
     order by 1`,
    [word],
  );
  const statements = await recordedCalls(sql, word);
  const found = [...calls.map(({ name }) => name), ...statements];
  const gone = `gone with the new version: ${goneFunctions.join(', ')}`;
  if (found.length > 0) return { verdict: 'failed', evidence: `${gone}; still called by ${found.join('; ')}` };
  return {
    verdict: 'judge',
    evidence: `${gone}; nothing in the database calls them, and what the applications send is not known here`,
  };
}

async function recordedCalls(sql: Sql, word: string): Promise<string[]> {
  const [where] = await sql.query<{ name: string | null }>(
    `select format('%I.pg_stat_statements', n.nspname) as name from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'`,
  );
  if (!where?.name) return [];
  const rows = await sql.query<{ query: string }>(
    `select left(query, 80) as query from ${where.name} where query ~ $1 and dbid = (select oid from pg_database where datname = current_database()) limit 5`,
    [word],
  );
  return rows.map(({ query }) => `a recorded statement: ${query}`);
}

function indexParameters({ live }: LineContext): Promise<Judged> {
  const lists = live.indexes.map(
    ({ identity, method, options, valid }) =>
      `${identity}: ${method} with ${options.join(', ') || 'defaults'}${valid ? '' : ', INVALID'}`,
  );
  const evidence = lists.join('; ') || 'there is no vector index';
  if (live.indexes.some(({ valid }) => !valid)) return Promise.resolve({ verdict: 'failed', evidence });
  const explicit = live.indexes.every(({ options }) => options.length > 0);
  return Promise.resolve({ verdict: explicit ? 'passed' : 'judge', evidence });
}

async function searchPerformance({ sql, live }: LineContext): Promise<Judged> {
  const measures = [];
  for (const index of live.indexes.filter(({ valid, onView, partitioned }) => valid && !onView && !partitioned))
    measures.push(await measureOne(sql, live, index));
  const evidence =
    measures
      .map(
        (each) =>
          `${each.identity}: recall ${each.recall ?? 'not used by the planner'}, ${each.milliseconds ?? '-'} ms`,
      )
      .join('; ') || 'there is no vector index';
  if (measures.some(({ recall }) => recall === null)) return { verdict: 'failed', evidence };
  return { verdict: measures.every(({ recall }) => recall! >= GOOD_RECALL) ? 'passed' : 'judge', evidence };
}

async function dimensions({ sql, live }: LineContext): Promise<Judged> {
  const [forms] = await sql.query<{ [c: string]: unknown } & ArrayForms>(ARRAY_FORMS, [live.extension.name]);
  const seen: string[] = [];
  let verdict: Judged['verdict'] = 'passed';
  for (const table of live.tables) {
    for (const column of table.columns) {
      const { shortest, longest, declared } = await readStatistics(sql, table, column, forms);
      const wrong = longest !== null && (shortest !== longest || (declared !== null && longest !== declared));
      if (wrong) verdict = 'failed';
      else if (declared === null && verdict === 'passed') verdict = 'judge';
      seen.push(
        `${tableName(table)}.${identifier(column.name)}: declared ${declared ?? 'nothing'}, ${shortest ?? 'no'} to ${longest ?? 'no vectors'}`,
      );
    }
  }
  return { verdict, evidence: seen.join('; ') || 'there is no vector column' };
}

function indexSize({ live }: LineContext): Promise<Judged> {
  const seen = live.indexes.map((index) => {
    const table = live.tables.find(({ oid }) => oid === index.tableOid);
    return { name: index.identity, bytes: index.bytes, times: table ? index.bytes / Math.max(1, table.bytes) : 0 };
  });
  const evidence =
    seen.map(({ name, bytes, times }) => `${name}: ${bytes} bytes, ${times.toFixed(1)} × its table`).join('; ') ||
    'there is no vector index';
  return Promise.resolve({ verdict: seen.every(({ times }) => times <= LARGE_INDEX) ? 'passed' : 'judge', evidence });
}

function dashboards(): Promise<Judged> {
  return Promise.resolve({ verdict: 'judge', evidence: 'nothing in the database knows the dashboards' });
}

/** Fills a temporary copy of each table, its vector indexes among it: the tables themselves get no row. */
async function bulkInsert({ sql, live }: LineContext): Promise<Judged> {
  const seen: string[] = [];
  for (const table of live.tables.filter(({ partitioned }) => !partitioned)) seen.push(await bulkInsertOne(sql, table));
  return { verdict: 'judge', evidence: seen.join('; ') || 'there is no table with vectors' };
}

async function bulkInsertOne(sql: Sql, table: VectorTable): Promise<string> {
  await sql.query(
    `create temporary table pgpassage_bulk (like ${tableName(table)} including defaults including indexes)`,
  );
  try {
    const columns = [...table.others, ...table.columns.map(({ name }) => identifier(name))].join(', ');
    const begin = performance.now();
    const rows = await sql.query(
      `insert into pg_temp.pgpassage_bulk (${columns}) select ${columns} from ${tableName(table)} limit ${BULK_ROWS} returning 1`,
    );
    const ms = performance.now() - begin;
    return `${tableName(table)}: ${rows.length} rows in ${Math.round(ms)} ms with its indexes`;
  } finally {
    await sql.query('drop table if exists pg_temp.pgpassage_bulk');
  }
}
