import type { Sql } from '../postgres/connection';
import { MEMBER } from './extension';

/** An object that stands on the extension or on a vector column, directly or through others. */
export interface Dependant {
  /** Name of its catalog: `pg_class`, `pg_proc`. */
  catalog: string;
  /** The catalog's own OID; pg_dump's archives name objects by both. */
  catalogOid: number;
  oid: number;
  /** Number of the column; 0 for a whole object. */
  column: number;
  /** As `pg_identify_object` has them: `view`, `public.near`. */
  kind: string;
  identity: string;
  /** Relation kind, constraint type; what there is of the object's own sort. */
  sort: string;
  /** Whether it stands, through whatever else, on a view or on a generated column of the list. */
  late: boolean;
}

/** Finds every object that `DROP EXTENSION` or a change of a vector column's type would meet; the columns left out. */
export async function readDependants(sql: Sql, extension: string): Promise<Dependant[]> {
  const rows = await sql.query<
    Omit<Dependant, 'catalogOid' | 'oid'> & { [c: string]: unknown; catalogOid: string; oid: string }
  >(CLOSURE, [extension]);
  return rows.map((row) => ({ ...row, catalogOid: Number(row.catalogOid), oid: Number(row.oid) }));
}

/**
 * Walks pg_depend from the extension's members. Some entries stand for something else: a view's rule for the view, the
 * expression of a generated column for that column, a view's column for the view. `late` spreads from those that have to
 * exist again before what stands on them. A table's own vector columns are passed through and left out of the answer.
 */
const CLOSURE = `
with recursive ${MEMBER},
node (classid, objid, objsubid, late) as (
  select classid, objid, 0, false from member
  union
  select 'pg_extension'::regclass, oid, 0, false from pg_extension where extname = $1
  union
  select x.classid, x.objid, x.objsubid, n.late or x.starts_late
  from node n join pg_depend d on d.refclassid = n.classid and d.refobjid = n.objid
      and (n.objsubid = 0 or d.refobjsubid = n.objsubid) and d.deptype in ('n', 'a', 'i', 'x')
    left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid and r.rulename = '_RETURN'
    left join pg_attrdef f on d.classid = 'pg_attrdef'::regclass and f.oid = d.objid
    left join pg_attribute g on g.attrelid = f.adrelid and g.attnum = f.adnum and g.attgenerated <> ''
    left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
    cross join lateral (select
      case when r.oid is not null or g.attrelid is not null then 'pg_class'::regclass::oid else d.classid end as classid,
      coalesce(r.ev_class, g.attrelid, d.objid) as objid,
      case when g.attrelid is not null then g.attnum when c.relkind in ('r', 'p', 'c', 'f') then d.objsubid else 0 end as objsubid,
      r.oid is not null or g.attrelid is not null as starts_late) x
  where not exists (select from member m where m.classid = x.classid and m.objid = x.objid)
    and not (x.classid = 'pg_class'::regclass and x.objsubid = 0 and coalesce(c.relkind, '') in ('r', 'p'))
),
object as (select classid, objid, objsubid, bool_or(late) as late from node group by 1, 2, 3)
select o.classid::regclass::text as catalog, o.classid::text as "catalogOid", o.objid::text as oid, o.objsubid as column,
  i.type as kind, i.identity, coalesce(c.relkind::text, k.contype::text, t.typtype::text, '') as sort, o.late
from object o
  cross join lateral pg_identify_object(o.classid, o.objid, o.objsubid) i
  left join pg_class c on o.classid = 'pg_class'::regclass and c.oid = o.objid
  left join pg_constraint k on o.classid = 'pg_constraint'::regclass and k.oid = o.objid
  left join pg_trigger g on o.classid = 'pg_trigger'::regclass and g.oid = o.objid
  left join pg_type t on o.classid = 'pg_type'::regclass and t.oid = o.objid
  left join pg_attribute a on o.classid = 'pg_class'::regclass and a.attrelid = o.objid and a.attnum = o.objsubid and o.objsubid > 0
where not exists (select from member m where m.classid = o.classid and m.objid = o.objid)
  and not (o.classid = 'pg_extension'::regclass and exists (select from pg_extension e where e.oid = o.objid and e.extname = $1))
  and not coalesce(g.tgisinternal, false)
  -- Row and array types come and go with their own object, parts of operator families with the extension; so do TOAST
  -- tables, and a constraint's index.
  and not (o.classid = 'pg_type'::regclass and (t.typcategory = 'A' or t.typrelid in
    (select objid from object where classid = 'pg_class'::regclass)))
  and not (o.classid in ('pg_amop'::regclass, 'pg_amproc'::regclass) and exists (
    select from pg_depend d join member m on m.classid = d.refclassid and m.objid = d.refobjid
    where d.classid = o.classid and d.objid = o.objid and d.refclassid in ('pg_opclass'::regclass, 'pg_opfamily'::regclass)))
  -- A partition's index comes and goes with its parent's.
  and not (coalesce(c.relkind, '') in ('i', 'I') and c.relispartition)
  -- NOT NULL, a constraint from 18 on, has nothing to do with the type.
  and coalesce(k.contype, '') <> 'n'
  and coalesce(c.relnamespace, 0) <> 'pg_toast'::regnamespace
  and not (coalesce(c.relkind, '') in ('i', 'I') and exists (select from pg_constraint x where x.conindid = c.oid and x.contype in ('p', 'u', 'x')))
  and not (coalesce(c.relkind, '') in ('r', 'p') and a.attgenerated = '' and exists (select from member m join pg_type y on y.oid = m.objid where m.classid = 'pg_type'::regclass and m.objid = a.atttypid and y.typcategory <> 'A'))
  and i.identity is not null
order by i.type, i.identity`;
