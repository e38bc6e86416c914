import { count, describeChange, list } from './describe';
import { type Difference, differences, partOf } from './difference';
import type { CatalogObjects, ComparisonCheck } from './evidence';
import { CATALOG_COLUMNS, OPTIMIZER_STATISTICS } from './kinds';
import { type Passage, legitimateReason } from './legitimate';

/** Compares all objects of one database, or of the cluster: one check for each kind of object. */
export function compareObjects(
  where: string,
  before: CatalogObjects,
  after: CatalogObjects,
  passage: Passage,
): ComparisonCheck[] {
  const found = differences(before, after);
  const reasons = new Map(found.map((difference) => [difference, legitimateReason(difference, passage)]));
  const losses = found.filter((difference) => reasons.get(difference) === undefined);
  const parts = foldParts(losses);
  return kindsOf(before, after).map((kind) => {
    const ofKind = losses.filter((loss) => loss.kind === kind);
    const expected = found
      .filter((difference) => difference.kind === kind)
      .map((difference) => reasons.get(difference));
    return check(where, kind, ofKind, parts, [summary(kind, before, after), ...tally(expected)].join('; '));
  });
}

function kindsOf(before: CatalogObjects, after: CatalogObjects): string[] {
  const filled = (objects: CatalogObjects): string[] =>
    Object.keys(objects).filter((kind) => Object.keys(objects[kind]).length > 0);
  const kinds = new Set([...filled(before), ...filled(after)]);
  kinds.delete(CATALOG_COLUMNS);
  return [...kinds].sort();
}

function check(where: string, kind: string, losses: Difference[], parts: Parts, summed: string): ComparisonCheck {
  const name = `${where}: ${kind}`;
  const whole = losses.filter((loss) => !parts.folded.has(loss));
  const folded = losses.length - whole.length;
  if (whole.length === 0) {
    return {
      name,
      outcome: 'passed',
      detail: summed + (folded > 0 ? `; ${folded} counted with what they are part of` : ''),
    };
  }
  if (OPTIMIZER_STATISTICS.includes(kind)) return withoutStatistics(name, whole, summed);
  return { name, outcome: 'failed', detail: `${describe(whole, parts)} (${summed})` };
}

function describe(losses: Difference[], { counts }: Parts): string {
  const names = (what: Difference['what']): string[] =>
    losses
      .filter((loss) => loss.what === what)
      .map((loss) => {
        if (what === 'changed') return describeChange(loss);
        const number = counts.get(label(loss)) ?? 0;
        return number > 0 ? `${loss.name} (with ${count(number, 'part')})` : loss.name;
      });
  const said: [string, string[], string][] = [
    ['missing', names('missing'), ', '],
    ['changed', names('changed'), '; '],
    ['not there before', names('unexpected'), ', '],
  ];
  return said
    .filter(([, items]) => items.length > 0)
    .map(([word, items, separator]) => `${word}: ${list(items, separator)}`)
    .join('; ');
}

/** Statistics are lost on the way and come back by ANALYZE: no loss, and yet somebody has to know until then. */
function withoutStatistics(name: string, differences: Difference[], summed: string): ComparisonCheck {
  const missing = differences.filter(({ what }) => what === 'missing').map((difference) => difference.name);
  if (missing.length === 0) return { name, outcome: 'passed', detail: summed };
  return { name, outcome: 'not comparable', detail: `none any more, needs ANALYZE: ${list(missing)} (${summed})` };
}

interface Parts {
  /** Differences that another one explains: the column of a table that is missing itself. */
  folded: Set<Difference>;
  /** Label of an object that is missing or new → how many parts of it are as well. */
  counts: Map<string, number>;
}

const label = ({ kind, name }: Difference): string => `${kind} ${name}`;

function foldParts(losses: Difference[]): Parts {
  const parts: Parts = { folded: new Set(), counts: new Map() };
  for (const what of ['missing', 'unexpected'] as const) {
    const byLabel = new Map(losses.filter((loss) => loss.what === what).map((loss) => [label(loss), loss]));
    for (const loss of byLabel.values()) {
      const root = rootOf(loss, byLabel);
      if (root === loss) continue;
      parts.folded.add(loss);
      parts.counts.set(label(root), (parts.counts.get(label(root)) ?? 0) + 1);
    }
  }
  return parts;
}

/** The outermost of the missing objects that this one is part of. */
function rootOf(loss: Difference, byLabel: Map<string, Difference>): Difference {
  const seen = new Set([loss]);
  let current = loss;
  for (;;) {
    const whole = partOf(current)
      .map((part) => byLabel.get(part))
      .find((candidate) => candidate !== undefined && !seen.has(candidate));
    if (!whole) return current;
    seen.add(whole);
    current = whole;
  }
}

function summary(kind: string, before: CatalogObjects, after: CatalogObjects): string {
  const [old, now] = [before[kind] ?? {}, after[kind] ?? {}].map((objects) => Object.keys(objects).length);
  return old === now ? `${old} before and now` : `${old} before, ${now} now`;
}

/** `as expected, 130 times: NOT NULL has become a constraint with a name` */
function tally(reasons: (string | undefined)[]): string[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, number]) => `as expected, ${number === 1 ? 'once' : `${number} times`}: ${reason}`);
}
