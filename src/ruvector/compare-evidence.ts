import type { Fingerprint } from './conversion';
import type { VectorEvidence } from './evidence';
import { sameNeighbours } from './neighbours';

/** One comparison of before and after. */
export interface VectorCheck {
  name: string;
  outcome: 'passed' | 'failed' | 'not comparable';
  detail: string;
}

/** Fingerprints that the conversion itself took, inside of its transaction. */
export interface InConversion {
  before: Fingerprint[];
  after: Fingerprint[];
}

/**
 * Compares the vectors before and after. Pure. What was written between the first look and the conversion, or since it,
 * makes neighbours not comparable; the conversion's own fingerprints always are.
 */
export function compareVectors(
  before: VectorEvidence,
  after: VectorEvidence,
  conversion: InConversion,
  recallLoss: number,
): VectorCheck[] {
  return [
    ...conversion.before.map((print) => fingerprint(print, conversion.after)),
    ...before.neighbours.map((each) => neighbours(each, after, untouched(each.search, before, after, conversion))),
    ...before.indexes.map((index) => recallCheck(index, after, recallLoss)),
    ...before.dependants.map((name) => standing(name, before, after)),
  ];
}

function fingerprint(print: Fingerprint, after: Fingerprint[]): VectorCheck {
  const now = after.find(({ table }) => table === print.table);
  const same = now !== undefined && now.rows === print.rows && now.vectors === print.vectors && now.sum === print.sum;
  const words = ({ rows, vectors, sum }: Fingerprint) => `${rows} rows, ${vectors} vectors, checksum ${sum}`;
  const detail = same ? words(print) : `${words(print)} before, ${now ? words(now) : 'nothing'} after`;
  return { name: `vectors of ${print.table}`, outcome: same ? 'passed' : 'failed', detail };
}

function untouched(search: string, before: VectorEvidence, after: VectorEvidence, conversion: InConversion): boolean {
  const sum = (prints: Fingerprint[]) => prints.find(({ table }) => search.startsWith(`${table} `))?.sum;
  return sum(before.fingerprints) === sum(conversion.before) && sum(after.fingerprints) === sum(conversion.after);
}

function neighbours(
  each: VectorEvidence['neighbours'][number],
  after: VectorEvidence,
  comparable: boolean,
): VectorCheck {
  const name = `exact neighbours in ${each.search}`;
  if (!comparable) return { name, outcome: 'not comparable', detail: 'the table was written to meanwhile' };
  const now = after.neighbours.find(({ search }) => search === each.search);
  const same = each.answers.filter(([query, found]) => {
    const again = now?.answers.find(([other]) => other === query);
    return again !== undefined && sameNeighbours(found, again[1]);
  });
  const outcome = same.length === each.answers.length ? 'passed' : 'failed';
  return { name, outcome, detail: `${same.length} of ${each.answers.length} sampled queries have the same neighbours` };
}

function recallCheck(index: VectorEvidence['indexes'][number], after: VectorEvidence, recallLoss: number): VectorCheck {
  const name = `recall of ${index.identity}`;
  const now = after.indexes.find(({ identity }) => identity === index.identity);
  const words = (measure: typeof index | undefined) =>
    measure === undefined
      ? 'no index'
      : `${measure.recall ?? 'not used'} in ${measure.milliseconds ?? '-'} ms, ${measure.bytes} bytes (${measure.method})`;
  const good =
    now !== undefined && (index.recall === null || (now.recall !== null && now.recall >= index.recall - recallLoss));
  return { name, outcome: good ? 'passed' : 'failed', detail: `${words(index)} before, ${words(now)} after` };
}

function standing(name: string, before: VectorEvidence, after: VectorEvidence): VectorCheck {
  const vectorIndex = before.indexes.some(({ identity }) => name === `index ${identity}`);
  const there =
    after.dependants.includes(name) ||
    name.startsWith('default value ') ||
    (vectorIndex && after.indexes.some(({ identity }) => name === `index ${identity}`));
  return { name, outcome: there ? 'passed' : 'failed', detail: there ? 'is there' : 'is gone' };
}
