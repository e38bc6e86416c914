/** SQL that names an object as `pg_identify_object` does, with its kind: `view public.v`. */
export function identity(catalog: string, oid: string, column = '0'): string {
  return `(select ${named('i')} from pg_identify_object('pg_catalog.${catalog}'::regclass, ${oid}, ${column}) i)`;
}

/** The same for a row of `pg_identify_object`; arguments as people write them, without `pg_catalog.` before each type. */
export function named(row: string): string {
  return `${row}.type || ' ' || regexp_replace(${row}.identity, '([(,])pg_catalog\\.', '\\1', 'g')`;
}

/** SQL that is true for what people made: neither initdb's nor part of an extension. */
export function own(catalog: string, oid: string): string {
  return `(${oid} >= 16384 and not exists (select from pg_depend e where e.classid = 'pg_catalog.${catalog}'::regclass
            and e.objid = ${oid} and e.deptype = 'e'))`;
}

/** A list for a message, cut where nobody would read on. */
export function some(names: readonly string[], most = 5): string {
  const rest = names.length - most;
  return names.slice(0, most).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
