import { MARK, type Fingerprint } from './conversion';

/** What a conversion script printed. */
export interface Marks {
  /** It found the version there already, so nothing was measured. */
  already: boolean;
  /** How long writes to the tables waited, and reads of them, in milliseconds. */
  writesWaitedMs: number;
  readsWaitedMs: number;
  fingerprints: { before: Fingerprint[]; after: Fingerprint[] };
}

/** Reads a conversion script's output. */
export function readMarks(output: string): Marks {
  const lines = output.split('\n');
  const moment = (mark: string) =>
    Number(lines.find((line) => line.startsWith(`${mark} `))?.slice(mark.length + 1) ?? NaN);
  const prints = lines
    .filter((line) => line.startsWith(MARK.fingerprint))
    .map((line) => JSON.parse(line.slice(MARK.fingerprint.length)) as Fingerprint & { when: 'before' | 'after' });
  const of = (when: 'before' | 'after') =>
    prints
      .filter((print) => print.when === when)
      .map(({ table, rows, vectors, sum }) => ({ table, rows, vectors, sum }));
  const end = moment(MARK.end);
  const already = Number.isNaN(end);
  return {
    already,
    writesWaitedMs: already ? 0 : end - moment(MARK.writesWait),
    readsWaitedMs: already ? 0 : end - moment(MARK.readsWait),
    fingerprints: { before: of('before'), after: of('after') },
  };
}
