import { type Sql, identifier, literal } from '../connection';
import { aclDelta } from './acl';
import { ACL_DEFAULTS, CATALOGS_LEFT_OUT, FIRST_USER_OID, KINDS } from './catalog-knowledge';
import { shortName } from './catalog-names';
import { type Catalog, isPolymorphic } from './catalog-shape';
import type { CatalogObjects } from './evidence';

/** Privileges on built-in objects that someone granted or revoked: pg_dump carries these over. */
const GRANTS = 'privileges on a system object';
/** Built-in objects that someone altered: nothing carries these over. */
const CHANGED = 'system object changed by hand';

// Rows that a later transaction wrote than any of initdb's. The last of these that anything tells of is that of the
// last system view's rule; some ten more follow, and some thirty more before the first that can be a user's.
const AFTER_INITDB = `r.xmin::text::bigint > (
  select max(v.xmin::text::bigint) + 25 from pg_rewrite v where v.oid < ${FIRST_USER_OID})`;

/**
 * Catalogs that are not looked at for changes by hand, besides those with privileges, whose rows also change when a grant
 * comes and goes, and comments, which old dumps write anew as they were: maintenance writes to these.
 */
const MAINTAINED = ['pg_index', 'pg_collation', 'pg_extension'];

// Of these initdb makes none, whatever their OID.
const NOT_OF_INITDB = ['pg_default_acl', 'pg_largeobject_metadata'];

interface SystemObject {
  kind: string;
  name: string;
  acl: string[] | null;
  usual: string[] | null;
  [key: string]: unknown;
}

/** Reads what the users of the connected database have changed about the objects that initdb made. */
export async function readSystemObjects(sql: Sql, shape: Catalog[]): Promise<CatalogObjects> {
  const local = shape.filter(({ name, shared }) => !shared && !(name in CATALOGS_LEFT_OUT));
  const selects = local.map((catalog) => (catalog.name in ACL_DEFAULTS ? grants(catalog) : changes(catalog)));
  const rows = await sql.query<SystemObject>(selects.filter((select) => select !== undefined).join(' union '));
  const objects: CatalogObjects = { [GRANTS]: {}, [CHANGED]: {} };
  for (const { kind, name, acl, usual } of rows) {
    const privileges = acl && usual && aclDelta(acl, usual);
    if (!privileges) objects[CHANGED][`${kind} ${shortName(name)}`] = '{}';
    else if (!isUsual(name, privileges))
      objects[GRANTS][`on ${kind} ${shortName(name)}`] = JSON.stringify({ privileges });
  }
  return objects;
}

/** initdb writes down what it has granted before it grants on the information schema. */
function isUsual(name: string, [privilege, ...more]: string[]): boolean {
  if (privilege === undefined) return true;
  return more.length === 0 && /^information_schema([.]|$)/.test(name) && /^[+]PUBLIC:[rU][/]/.test(privilege);
}

/** Objects whose privileges are not those that initdb gave them; pg_init_privs keeps these where they are not the default. */
function grants(catalog: Catalog): string | undefined {
  const column = [...catalog.columns.values()].find(({ type }) => type === 'aclitem[]');
  if (!column || NOT_OF_INITDB.includes(catalog.name)) return undefined;
  const [acl, usual] = [`r.${identifier(column.name)}`, ACL_DEFAULTS[catalog.name]];
  const [owner, oid, number] =
    catalog.name === 'pg_attribute' ? ['pg_class', 'r.attrelid', 'r.attnum'] : [catalog.name, 'r.oid', '0'];
  return `select i.type as kind, i.identity as name, coalesce(${acl}, ${usual})::text[] as acl,
      coalesce(p.initprivs, ${usual})::text[] as usual
    from pg_catalog.${identifier(catalog.name)} r
      left join pg_init_privs p on p.classoid = ${literal(owner)}::regclass and p.objoid = ${oid} and p.objsubid = ${number},
      lateral pg_identify_object(${literal(owner)}::regclass, ${oid}, ${number}) i
    where ${oid} < ${FIRST_USER_OID} and ${acl} is distinct from p.initprivs and i.identity <> 'public'`;
}

/** Objects of which initdb's row, or a row that is part of them, was written anew. */
function changes(catalog: Catalog): string | undefined {
  if (isPolymorphic(catalog) || MAINTAINED.includes(catalog.name)) return undefined;
  const [key] = catalog.key;
  const identified = key === 'oid' && !(catalog.name in KINDS);
  const owner = identified ? catalog.name : catalog.columns.get(key)?.reference?.target;
  if (owner === undefined) return undefined;
  return `select i.type as kind, i.identity as name, null::text[] as acl, null::text[] as usual
    from pg_catalog.${identifier(catalog.name)} r, pg_identify_object(${literal(owner)}::regclass, r.${identifier(key)}, 0) i
    where r.${identifier(key)} < ${FIRST_USER_OID} and ${AFTER_INITDB}`;
}
