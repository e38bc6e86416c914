import type { CatalogObjects } from './evidence';
import { EXTENSION, PART_OF } from './kinds';

/** An object's properties as the evidence has them. */
export type ObjectProperties = Record<string, string | string[] | undefined>;

/** One difference between what was there before and what is there now. */
export interface Difference {
  what: 'missing' | 'unexpected' | 'changed';
  kind: string;
  name: string;
  /** The property that changed. */
  property?: string;
  before: ObjectProperties;
  after: ObjectProperties;
}

/** Lists the differences between two sets of objects, property by property, those of one kind after another. */
export function differences(before: CatalogObjects, after: CatalogObjects): Difference[] {
  const kinds = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return kinds.flatMap((kind) => differencesOfKind(kind, before[kind] ?? {}, after[kind] ?? {}));
}

function differencesOfKind(kind: string, before: Record<string, string>, after: Record<string, string>): Difference[] {
  const found: Difference[] = [];
  for (const [name, properties] of Object.entries(before)) {
    if (!Object.hasOwn(after, name)) found.push({ what: 'missing', kind, name, before: parse(properties), after: {} });
    else if (properties !== after[name]) found.push(...changes(kind, name, parse(properties), parse(after[name])));
  }
  for (const [name, properties] of Object.entries(after)) {
    if (!Object.hasOwn(before, name))
      found.push({ what: 'unexpected', kind, name, before: {}, after: parse(properties) });
  }
  return found;
}

const parse = (properties: string): ObjectProperties => JSON.parse(properties) as ObjectProperties;

function changes(kind: string, name: string, before: ObjectProperties, after: ObjectProperties): Difference[] {
  const properties = new Set([...Object.keys(before), ...Object.keys(after)]);
  // What an object is part of follows from what it is; it is kept so that losses can be told in fewer words.
  properties.delete(PART_OF);
  return [...properties]
    .filter((property) => JSON.stringify(before[property]) !== JSON.stringify(after[property]))
    .map((property) => ({ what: 'changed', kind, name, property, before, after }));
}

/** The extension that the object belongs to, before or now. */
export const extensionOf = ({ before, after }: Difference): string | undefined =>
  (before[EXTENSION] ?? after[EXTENSION]) as string | undefined;

/** The objects with which this one goes away, as `kind name`. */
export function partOf(difference: Difference): string[] {
  const { before, after } = difference;
  const extension = extensionOf(difference);
  return [before[PART_OF] ?? after[PART_OF] ?? [], extension === undefined ? [] : `extension ${extension}`].flat();
}
