import type { Edit, MappedText, Problem } from './mapped-text';

/** What became of a text: edits that make it anew, the calls they change, and what could not be judged. */
export interface Rewritten {
  edits: Edit[];
  calls: { at: number; name: string }[];
  problems: Problem[];
}

export const NOTHING: Rewritten = { edits: [], calls: [], problems: [] };

/** Nothing rewritten, for a reason that a person has to look at. */
export const unjudged = (at: number, reason: string): Rewritten => ({ ...NOTHING, problems: [{ at, reason }] });

/** The result in the source of its text. An edit without a place there keeps all of them out. */
export function moved({ edits, calls, problems }: Rewritten, mapped: MappedText): Rewritten {
  const place = <T extends { at: number }>(item: T): T => ({ ...item, at: mapped.sourceOf(item.at) });
  const inSource = mapped.allToSource(edits);
  if (inSource) return { edits: inSource, calls: calls.map(place), problems: problems.map(place) };
  const reason = 'not rewritten: the call is spread over several strings, or over what is put in at run time';
  return { ...NOTHING, problems: [...problems, { at: calls[0].at, reason }].map(place) };
}

/** Results of the parts of one text. */
export function together(results: Rewritten[]): Rewritten {
  return {
    edits: results.flatMap(({ edits }) => edits),
    calls: results.flatMap(({ calls }) => calls),
    problems: results.flatMap(({ problems }) => problems),
  };
}
