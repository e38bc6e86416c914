import { identifier, qualified, type Sql } from '../postgres/connection';
import { MEMBER } from './extension';

/** An index of one of the extension's access methods. */
export interface VectorIndex {
  oid: number;
  schema: string;
  name: string;
  /** Schema and name as `pg_identify_object` writes them. */
  identity: string;
  /** Schema and name of its table, quoted. */
  table: string;
  /** OID of its table. */
  tableOid: number;
  /** A materialized view's index: it goes and comes with the view. */
  onView: boolean;
  partitioned: boolean;
  valid: boolean;
  method: string;
  operatorClass: string;
  /** The operator class's ordering operator: `<=>`. */
  operator: string;
  /** The indexed column or expression as SQL. */
  expression: string;
  /** `m=16`, as `pg_class.reloptions` has them. */
  options: string[];
  predicate: string | null;
  tablespace: string | null;
  comment: string | null;
  bytes: number;
}

/** Reads the connected database's indexes of the extension's access methods. Partitions' come with their parent's. */
export async function readVectorIndexes(sql: Sql, extension: string): Promise<VectorIndex[]> {
  const rows = await sql.query<{ [c: string]: unknown; oid: string; tableOid: string; bytes: string }>(INDEXES, [
    extension,
  ]);
  return rows.map(
    (row) =>
      ({
        ...row,
        oid: Number(row.oid),
        tableOid: Number(row.tableOid),
        bytes: Number(row.bytes),
      }) as unknown as VectorIndex,
  );
}

const INDEXES = `
with ${MEMBER}
select c.oid::text as oid, n.nspname as schema, c.relname as name,
  format('%I.%I', n.nspname, c.relname) as identity, format('%I.%I', tn.nspname, t.relname) as table,
  t.oid::text as "tableOid", t.relkind = 'm' as "onView", c.relkind = 'I' as partitioned,
  i.indisvalid and i.indisready as valid, am.amname as method, o.opcname as "operatorClass",
  (select p.oprname from pg_amop a join pg_operator p on p.oid = a.amopopr
   where a.amopfamily = o.opcfamily and a.amoplefttype = o.opcintype and a.amoppurpose = 'o' limit 1) as operator,
  pg_get_indexdef(c.oid, 1, true) as expression, coalesce(c.reloptions, '{}') as options,
  pg_get_expr(i.indpred, i.indrelid) as predicate, s.spcname as tablespace, obj_description(c.oid, 'pg_class') as comment,
  (select sum(pg_relation_size(r.oid)) from pg_class r where r.oid = c.oid or r.oid in (select relid from pg_partition_tree(c.oid)))::text as bytes
from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
  join pg_class t on t.oid = i.indrelid join pg_namespace tn on tn.oid = t.relnamespace
  join pg_am am on am.oid = c.relam join member m on m.classid = 'pg_am'::regclass and m.objid = am.oid
  join pg_opclass o on o.oid = i.indclass[0] left join pg_tablespace s on s.oid = c.reltablespace
where not c.relispartition
order by n.nspname, c.relname`;

/** One way of indexing that a version of the extension offers. */
export interface IndexMethod {
  method: string;
  operatorClass: string;
  /** The ordering operator. */
  operator: string;
  /** The type that is indexed, as `format_type` writes it. */
  type: string;
}

/** Ways of indexing of the extension, as the connected database has it. */
export async function readIndexMethods(sql: Pick<Sql, 'query'>, extension: string): Promise<IndexMethod[]> {
  return sql.query<{ [c: string]: unknown } & IndexMethod>(METHODS, [extension]);
}

export const METHODS = `
with ${MEMBER}
select am.amname as method, o.opcname as "operatorClass", p.oprname as operator, format_type(o.opcintype, null) as type
from pg_opclass o join pg_am am on am.oid = o.opcmethod
  join member m on m.classid = 'pg_opclass'::regclass and m.objid = o.oid
  join pg_amop a on a.amopfamily = o.opcfamily and a.amoplefttype = o.opcintype and a.amoppurpose = 'o'
  join pg_operator p on p.oid = a.amopopr
order by 1, 2`;

/** What an index is made of; the rest of {@link VectorIndex} is what became of it. */
export type IndexDefinition = Pick<
  VectorIndex,
  | 'schema'
  | 'name'
  | 'identity'
  | 'table'
  | 'method'
  | 'operatorClass'
  | 'expression'
  | 'options'
  | 'predicate'
  | 'tablespace'
  | 'comment'
  | 'partitioned'
>;

/** A definition that is going to be built. */
export interface BuildableIndex extends IndexDefinition {
  /** Whether it can be built while the table is written to: not every access method can, nor on partitioned tables. */
  concurrently: boolean;
}

/** `CREATE INDEX`. @param extensionSchema where the operator class is. */
export function createIndexSql(index: BuildableIndex, extensionSchema: string): string {
  const operatorClass = qualified(extensionSchema, index.operatorClass);
  return [
    `create index ${index.concurrently ? 'concurrently ' : ''}if not exists ${identifier(index.name)} on ${index.table}`,
    `using ${identifier(index.method)} (${index.expression} ${operatorClass})`,
    ...(index.options.length > 0 ? [`with (${index.options.map(option).join(', ')})`] : []),
    ...(index.tablespace ? [`tablespace ${identifier(index.tablespace)}`] : []),
    ...(index.predicate ? [`where ${index.predicate}`] : []),
  ].join(' ');
}

/** `m=16` as SQL. */
function option(text: string): string {
  const at = text.indexOf('=');
  return `${identifier(text.slice(0, at))} = '${text.slice(at + 1).replaceAll("'", "''")}'`;
}
