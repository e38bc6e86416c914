import type { Names, ObjectName } from './catalog-names';
import { type Properties, propertiesOf } from './catalog-properties';
import type { CatalogRow } from './catalog-rows';
import { isPolymorphic } from './catalog-shape';
import { type Dependencies, extensionOf } from './dependencies';
import type { CatalogObjects } from './evidence';
import { EXTENSION, PART_OF } from './kinds';

interface Entry extends ObjectName {
  properties: Properties;
}

/** Puts objects together from rows: what pg_class, pg_index and pg_sequence say of one relation is one object here. */
export class CatalogObjectSet {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly names: Names,
    private readonly dependencies: Dependencies,
  ) {}

  add(row: CatalogRow): void {
    const address = addressOf(row) ?? `row ${this.entries.size}`;
    const { kind, name } = this.objectAt(address) ?? { kind: String(row.kind), name: String(row.name) };
    const entry = this.entries.get(address) ?? { kind, name, properties: this.belonging(address, row) };
    Object.assign(entry.properties, propertiesOf(row, this.names));
    this.entries.set(address, entry);
  }

  /** Kind → name → properties as JSON. */
  toEvidence(): CatalogObjects {
    const objects: CatalogObjects = {};
    for (const { kind, name, properties } of this.entries.values()) {
      // Without a prototype: a role may be called constructor, or worse.
      objects[kind] ??= Object.create(null) as Record<string, string>;
      objects[kind][unused(name, objects[kind])] = JSON.stringify(properties);
    }
    return objects;
  }

  private objectAt(address: string): ObjectName | undefined {
    const [catalog, oid] = address.split('.');
    return oid === undefined ? undefined : this.names.object(catalog, oid);
  }

  private belonging(address: string, row: CatalogRow): Properties {
    const { parts, dependents, owners } = this.dependencies;
    const wholes = parts.get(address) ?? whole(row, this.names);
    const extension = extensionOf(address, wholes, this.dependencies);
    const column = owners.get(address)?.split('.');
    const properties: Properties = {};
    if (extension !== undefined) properties[EXTENSION] = this.names.of('pg_extension', extension);
    if (wholes.length > 0) properties[PART_OF] = [...new Set(wholes.map((part) => this.labelAt(part)))].sort();
    if (column)
      properties['owned by'] = `${this.names.of('pg_class', column[0])}.${this.names.column(column[0], column[1])}`;
    const extensions = dependents.get(address);
    if (extensions)
      properties['depends on extension'] = extensions.map((oid) => this.names.of('pg_extension', oid)).sort();
    return properties;
  }

  private labelAt(address: string): string {
    const object = this.objectAt(address);
    return object ? `${object.kind} ${object.name}` : '';
  }
}

/** `catalog.oid` of the object that a row is, or that it adds to; undefined for rows that are objects without an OID. */
function addressOf({ catalog, values }: CatalogRow): string | undefined {
  const [column, ...more] = catalog.key;
  if (more.length > 0 || column === undefined) return undefined;
  if (column === 'oid') return `${catalog.name}.${String(values.oid)}`;
  const reference = catalog.columns.get(column)?.reference;
  return reference && `${reference.target}.${String(values[column])}`;
}

/** What a row without an OID is part of: a column of its table, a comment of what it is on. */
function whole(row: CatalogRow, names: Names): string[] {
  const { catalog, values } = row;
  if (addressOf(row) !== undefined) return [];
  if (isPolymorphic(catalog)) return [`${names.classOf(String(values.classoid))}.${String(values.objoid)}`];
  const reference = catalog.columns.get(catalog.key[0])?.reference;
  return reference ? [`${reference.target}.${String(values[catalog.key[0]])}`] : [];
}

function unused(name: string, taken: Record<string, string>): string {
  let candidate = name;
  for (let number = 2; candidate in taken; number += 1) candidate = `${name} #${number}`;
  return candidate;
}
