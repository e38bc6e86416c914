import type { Sql } from '../connection';
import { KINDS } from './catalog-knowledge';
import type { CatalogRow } from './catalog-rows';

/** What a person calls an object. */
export interface ObjectName {
  kind: string;
  name: string;
}

/**
 * A name as pg_identify_object() gives it, without pg_catalog: it writes `pg_catalog.json` until 16, and `json` from 17
 * on, where that has become a keyword. What is not of pg_catalog is always qualified.
 */
export const shortName = (identity: string): string => identity.replace(/(^|[^\w".])pg_catalog\./g, '$1');

type Address = [catalog: string, oid: string];

/** What the objects of one database are called, by catalog and OID. */
export class Names {
  private readonly objects = new Map<string, ObjectName>();
  private readonly columns = new Map<string, string>();

  /** Takes in what rows say of themselves. */
  learn(rows: CatalogRow[]): void {
    for (const { catalog, kind = '', name = '', values } of rows) {
      if (catalog.name === 'pg_attribute')
        this.columns.set(`${values.attrelid}.${values.attnum}`, String(values.attname));
      else if (typeof values.oid === 'string') this.name([catalog.name, values.oid], { kind, name });
    }
  }

  /** Asks the server for the objects that rows refer to and that are nobody's own: built-in types, roles, languages. */
  async learnReferences(sql: Sql, rows: CatalogRow[]): Promise<void> {
    const wanted = new Map<string, Address>();
    for (const row of rows) {
      for (const [target, oid] of references(row)) {
        if (!this.objects.has(`${target}.${oid}`)) wanted.set(`${target}.${oid}`, [target, oid]);
      }
    }
    const addresses = [...wanted.values()];
    const found = await sql.query<{ catalog: string; oid: string; kind: string; name: string }>(
      `select w.catalog, w.oid, i.type as kind, i.identity as name
       from unnest($1::text[], $2::text[]) w (catalog, oid), pg_identify_object(w.catalog::regclass, w.oid::oid, 0) i
       where i.identity is not null`,
      [addresses.map(([catalog]) => catalog), addresses.map(([, oid]) => oid)],
    );
    for (const { catalog, oid, kind, name } of found) this.name([catalog, oid], { kind, name });
  }

  name([catalog, oid]: Address, { kind, name }: ObjectName): void {
    this.objects.set(`${catalog}.${oid}`, { kind, name: shortName(name) });
  }

  object(catalog: string, oid: string): ObjectName | undefined {
    return this.objects.get(`${catalog}.${oid}`);
  }

  /** The name alone, or a word for what has none. */
  of(catalog: string, oid: string): string {
    return oid === '0' ? '-' : (this.object(catalog, oid)?.name ?? `(${catalog} ${oid})`);
  }

  /** A column's name; an expression of an index has number 0. */
  column(relation: string, number: string): string {
    return number === '0' ? '(expression)' : (this.columns.get(`${relation}.${number}`) ?? `#${number}`);
  }

  /** The catalog whose OIDs go with a class that a row names by its OID, as comments do: `pg_class`. */
  classOf(oid: string): string {
    return this.of('pg_class', oid).replace(/^pg_largeobject$/, 'pg_largeobject_metadata');
  }
}

/** The single objects that a row's columns refer to; lists of columns go by the relation that has them. */
function references({ catalog, values }: CatalogRow): Address[] {
  const found: Address[] = [];
  for (const { name, reference } of catalog.columns.values()) {
    const value = values[name];
    if (!reference || reference.columns.length > 1 || !value || reference.target in KINDS) continue;
    for (const oid of Array.isArray(value) ? value : [value]) if (oid !== '0') found.push([reference.target, oid]);
  }
  return found;
}
