import { literal, type Sql } from '../postgres/connection';
import type { SchemaArchive } from './archive';
import { chooseMethod } from './choose-method';
import { inPlaceScript, reversed, stagedScript, type ArrayForms, type Conversion } from './conversion';
import type { Strategy } from './extension';
import type { Live } from './live';
import { planRestoration, type Restoration } from './restoration';
import {
  createIndexSql,
  type BuildableIndex,
  type IndexDefinition,
  type IndexMethod,
  type VectorIndex,
} from './vector-index';

/** What a version of the extension offers, seen on a scratch server. */
export interface TargetFacts {
  methods: IndexMethod[];
  forms: ArrayForms;
  /** Access methods that can build an index concurrently; the published extension's refuse to. */
  concurrent: string[];
}

/** The scripts of an upgrade, and what they could not carry over. */
export interface Scripts {
  upgrade: string;
  rollback: string;
  restoration: Restoration;
}

/** Makes the scripts there and back from the running database and the dump of its schema. */
export async function makeScripts(
  sql: Sql,
  live: Live,
  archive: SchemaArchive,
  plan: { to: string; strategy: Strategy; forms: { from: ArrayForms; to: ArrayForms } },
): Promise<Scripts> {
  const { extension, tables, indexes, dependants } = live;
  const vectorIndexes = new Set(indexes.map(({ oid }) => oid));
  const restoration = await planRestoration(sql, dependants, vectorIndexes, (object) => archive.position(object));
  const conversion: Conversion = {
    extension: extension.name,
    schema: extension.schema,
    from: { version: extension.version, forms: plan.forms.from },
    to: { version: plan.to, forms: plan.forms.to },
    tables,
    drops: restoration.drops,
    early: await archive.scriptOf(restoration.early),
    inTables: restoration.inTables,
    late: await archive.scriptOf(restoration.late),
    refreshes: restoration.refreshes,
  };
  return {
    upgrade: plan.strategy === 'in place' ? inPlaceScript(conversion) : stagedScript(conversion),
    rollback: stagedScript(reversed(conversion)),
    restoration,
  };
}

/** An index that will be built, with the one that it stands for. */
export interface PlannedIndex extends BuildableIndex {
  /** Access method and operator class that it has on the old version. */
  was: { method: string; operatorClass: string };
}

/** What the indexes will be on the new version; and those for which that can't be told. */
export function planIndexes(
  indexes: readonly VectorIndex[],
  { methods, concurrent }: TargetFacts,
  wanted: { method?: string; operatorClass?: string },
): { after: PlannedIndex[]; problems: { index: string; problem: string }[] } {
  const after: PlannedIndex[] = [];
  const problems: { index: string; problem: string }[] = [];
  for (const index of indexes) {
    const choice = chooseMethod(index, methods, wanted);
    const was = { method: index.method, operatorClass: index.operatorClass };
    if ('problem' in choice) problems.push({ index: index.identity, problem: choice.problem });
    else after.push({ ...buildable({ ...definitionOf(index), ...choice }, concurrent), was });
  }
  return { after, problems };
}

/** An index's definition without what became of it. */
export function definitionOf(index: IndexDefinition): IndexDefinition {
  const {
    schema,
    name,
    identity,
    table,
    method,
    operatorClass,
    expression,
    options,
    predicate,
    tablespace,
    comment,
    partitioned,
  } = index;
  return {
    schema,
    name,
    identity,
    table,
    method,
    operatorClass,
    expression,
    options,
    predicate,
    tablespace,
    comment,
    partitioned,
  };
}

/** The definition with whether it can be built concurrently. */
export function buildable(index: IndexDefinition, concurrent: readonly string[]): BuildableIndex {
  return { ...index, concurrently: !index.partitioned && concurrent.includes(index.method) };
}

/**
 * A psql script that makes sure of an index: one of that name that is INVALID or of another access method goes first; one
 * that is there and valid is left.
 */
export function ensureIndexScript(index: BuildableIndex, schema: string): string {
  const comment = index.comment === null ? '' : `comment on index ${index.identity} is ${literal(index.comment)};\n`;
  return `\\set ON_ERROR_STOP on
\\set QUIET on
set search_path = pg_catalog;
set client_min_messages = warning;
set statement_timeout = 0;
set client_connection_check_interval = 1000;
do $$ begin
  if exists (select from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
             where c.oid = to_regclass(${literal(index.identity)}) and not (i.indisvalid and a.amname = ${literal(index.method)})) then
    drop index ${index.identity};
  end if;
end $$;
${createIndexSql(index, schema)};
${comment}`;
}
