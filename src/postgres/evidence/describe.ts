import type { Difference } from './difference';

/** How many objects are named before the rest is only counted. */
const NAMED = 20;
/** How much of a long value is shown around the place where it differs. */
const SHOWN = 100;

/** Names up to twenty things and counts the rest. */
export function list(items: string[], separator = ', '): string {
  const rest = items.length - NAMED;
  return items.slice(0, NAMED).join(separator) + (rest > 0 ? `${separator}+${rest} more` : '');
}

/** `public.t: relacl was +reader:r/owner, is nothing` */
export function describeChange({ name, property = '', before, after }: Difference): string {
  const [was, is] = excerpts(show(before[property]), show(after[property]));
  return `${name}: ${property} was ${was}, is ${is}`;
}

function show(value: string | string[] | undefined): string {
  if (value === undefined) return 'nothing';
  return (Array.isArray(value) ? value.join(' ') : value).replace(/\s+/g, ' ');
}

/** Both texts cut down to where they begin to differ. */
function excerpts(before: string, after: string): [string, string] {
  let same = 0;
  while (same < before.length && before[same] === after[same]) same += 1;
  const start = Math.max(before.length, after.length) > SHOWN ? Math.max(0, same - SHOWN / 4) : 0;
  return [cut(before, start), cut(after, start)];
}

function cut(text: string, start: number): string {
  const end = start + SHOWN;
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${text.length > end ? '…' : ''}`;
}

/** `1 table`, `3 tables`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
