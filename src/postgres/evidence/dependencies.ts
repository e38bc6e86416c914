import type { Sql } from '../connection';
import { FIRST_USER_OID } from './catalog-knowledge';

/** What pg_depend says that no other catalog does: which objects are part of another, and which belong to an extension. */
export interface Dependencies {
  /** `catalog.oid` of an object → those it goes away with. */
  parts: Map<string, string[]>;
  /** `catalog.oid` of an object → the extension it is a member of. */
  members: Map<string, string>;
  /** `catalog.oid` of an object → extensions that it was said to depend on. */
  dependents: Map<string, string[]>;
  /** `catalog.oid` of a sequence → its column, as `relation OID.number`. */
  owners: Map<string, string>;
}

interface DependencyRow {
  catalog: string;
  object: string;
  target: string;
  referenced: string;
  column: string;
  type: string;
  sequence: boolean;
  [key: string]: unknown;
}

const DEPENDENCIES = `
  select k.relname as catalog, d.objid::text as object, t.relname as target, d.refobjid::text as referenced,
    d.refobjsubid::text as column, d.deptype::text as type, coalesce(c.relkind = 'S', false) as sequence
  from pg_depend d join pg_class k on k.oid = d.classid join pg_class t on t.oid = d.refclassid
    left join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid
  where d.objid >= ${FIRST_USER_OID} and d.deptype in ('a', 'i', 'P', 'S', 'e', 'x')`;

/** Reads the dependencies of the users' objects. */
export async function readDependencies(sql: Sql): Promise<Dependencies> {
  const found: Dependencies = { parts: new Map(), members: new Map(), dependents: new Map(), owners: new Map() };
  for (const row of await sql.query<DependencyRow>(DEPENDENCIES)) {
    const object = `${row.catalog}.${row.object}`;
    if (row.type === 'e') found.members.set(object, row.referenced);
    else if (row.type === 'x') add(found.dependents, object, row.referenced);
    else {
      add(found.parts, object, `${row.target}.${row.referenced}`);
      if (row.sequence && row.column !== '0') found.owners.set(object, `${row.referenced}.${row.column}`);
    }
  }
  return found;
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}

/** The OID of the extension that an object belongs to, by itself or by what it is part of, such as a column by its table. */
export function extensionOf(object: string, wholes: string[], { parts, members }: Dependencies): string | undefined {
  const seen = new Set([object, ...wholes]);
  for (const part of seen) {
    const member = members.get(part);
    if (member !== undefined) return member;
    // What is added to a set while it is walked through is walked through as well.
    for (const larger of parts.get(part) ?? []) seen.add(larger);
  }
  return undefined;
}
