import { isDeparsed } from './catalog-knowledge';
import { type Difference, extensionOf } from './difference';
import { sameSql } from './same-sql';

/** The two sides of a comparison, as far as a rule may depend on them. */
export interface Passage {
  from: number;
  to: number;
  /** Names of all columns of the system catalogs of either side: a property that only one version knows is in one only. */
  columnsBefore: Set<string>;
  columnsAfter: Set<string>;
  /** Extensions whose version is not the same any more. */
  updatedExtensions: Set<string>;
  bootstrapSuperuser?: string;
}

/** One way in which an object may differ without anything being lost. */
export interface Rule {
  /** The first major version that differs so; 0 for what any upgrade may change. */
  since: number;
  reason: string;
  applies(difference: Difference, passage: Passage): boolean;
}

const changed = ({ what, property }: Difference, ...properties: string[]): boolean =>
  what === 'changed' && property !== undefined && properties.includes(property);
const values = ({ property = '', before, after }: Difference): [string, string] => [
  String(before[property] ?? ''),
  String(after[property] ?? ''),
];

/** Every difference that is not one of these is reported. */
export const LEGITIMATE: Rule[] = [
  {
    since: 0,
    reason: 'belongs to an extension that was updated',
    applies: (difference, { updatedExtensions }) => updatedExtensions.has(extensionOf(difference) ?? ''),
  },
  {
    since: 0,
    reason: 'the version of an extension, which has a check of its own',
    applies: (difference) => difference.kind === 'extension' && changed(difference, 'extversion'),
  },
  {
    since: 0,
    reason: 'the same SQL, deparsed by another version',
    applies: (difference) => isDeparsed(difference.property ?? '') && sameSql(...values(difference)),
  },
  {
    since: 0,
    reason: 'a property that the old version does not have',
    applies: ({ property = '' }, { columnsBefore, columnsAfter }) =>
      columnsAfter.has(property) && !columnsBefore.has(property),
  },
  {
    since: 0,
    reason: 'what initdb makes and nothing removes again: schema public, PL/pgSQL',
    applies: ({ what, kind, name }) =>
      what === 'unexpected' && (kind === 'schema' ? name === 'public' : /^on schema public/.test(name)),
  },
  {
    since: 0,
    reason: 'how an index stores a column is decided when it is created, not by the column',
    applies: (difference) => difference.kind === 'index column' && changed(difference, 'attstorage'),
  },
  {
    since: 0,
    reason: 'a key of a partition, which nothing can inherit',
    applies: (difference) =>
      changed(difference, 'connoinherit') && ['p', 'u', 'x'].includes(String(difference.after.contype)),
  },
  {
    since: 0,
    reason: 'a multirange type, whose owner ALTER TYPE changes along with its range type from 17 on only',
    applies: ({ name, ...difference }) =>
      difference.kind === 'type' &&
      changed({ name, ...difference }, 'typowner') &&
      isMultirange(difference.before, name),
  },
  {
    since: 16,
    reason: 'the bootstrap superuser becomes the grantor of memberships',
    applies: (difference, { bootstrapSuperuser }) =>
      difference.kind === 'role membership' &&
      changed(difference, 'grantor') &&
      values(difference)[1] === bootstrapSuperuser,
  },
  {
    since: 16,
    reason: 'streaming of a subscription is a letter and no longer true or false',
    applies: (difference) => changed(difference, 'substream') && values(difference).join() === 'true,t',
  },
  {
    since: 17,
    reason: 'a column of the catalog with another name',
    applies: (difference) => isRenamed(difference),
  },
  {
    since: 17,
    reason: 'MAINTAIN among what an extension granted at first',
    applies: (difference) => changed(difference, 'initprivs') && gainsOnlyMaintain(difference),
  },
  {
    since: 17,
    reason: 'NOT NULL of a domain has become a constraint with a name',
    applies: ({ what, kind, after }) => what === 'unexpected' && kind === 'domain constraint' && after.contype === 'n',
  },
  {
    since: 18,
    reason: 'NOT NULL has become a constraint with a name',
    applies: ({ what, kind, after }) => what === 'unexpected' && kind === 'table constraint' && after.contype === 'n',
  },
  {
    since: 18,
    reason: 'a partitioned table cannot be unlogged: it holds no rows, its partitions stay what they are',
    applies: (difference) =>
      changed(difference, 'relpersistence') &&
      ['p', 'I'].includes(String(difference.after.relkind)) &&
      values(difference).join() === 'u,p',
  },
];

/** The rule by which a difference is no loss, if there is one. */
export function legitimateReason(difference: Difference, passage: Passage): string | undefined {
  const { from, to } = passage;
  const inForce = ({ since }: Rule): boolean => since === 0 || (from < since && since <= to);
  return LEGITIMATE.find((rule) => inForce(rule) && rule.applies(difference, passage))?.reason;
}

const isMultirange = ({ typtype }: Difference['before'], name: string): boolean =>
  typtype === 'm' || /multirange"?\[\]$/.test(name);

const RENAMED: Record<string, string> = { colliculocale: 'colllocale', daticulocale: 'datlocale' };

function isRenamed({ what, property = '', before, after }: Difference): boolean {
  const pair = Object.entries(RENAMED).find((names) => names.includes(property));
  return what === 'changed' && pair !== undefined && before[pair[0]] === after[pair[1]];
}

function gainsOnlyMaintain({ before, after }: Difference): boolean {
  const [old, now] = [[before.initprivs ?? []].flat(), [after.initprivs ?? []].flat()];
  return old.every((line) => now.includes(line)) && now.every((line) => old.includes(line) || /:m[*]?[/]/.test(line));
}
