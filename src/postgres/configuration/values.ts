import type { Setting } from './setting';

/** What PostgreSQL reads as a boolean: any beginning of true, false, yes, no, on, off that is no other's, 1 or 0. */
export function parseBoolean(value: string): boolean | undefined {
  const text = value.toLowerCase();
  const begins = (word: string, least = 1) => text.length >= least && word.startsWith(text);
  if (text === '1' || begins('true') || begins('yes') || begins('on', 2)) return true;
  if (text === '0' || begins('false') || begins('no') || begins('off', 2)) return false;
  return undefined;
}

const BYTES: Record<string, number> = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };
const MILLISECONDS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** A setting's value as a number of its own unit (such as 8kB pages), or undefined when it is not a number. */
export function parseNumber(value: string, unit?: string | null): number | undefined {
  const match = /^\s*([-+]?(?:0x[0-9a-f]+|\d*\.?\d*(?:e[-+]?\d+)?))\s*([a-z]*)\s*$/i.exec(value);
  if (!match || !/\d/.test(match[1])) return undefined;
  // Integers are C's: a leading zero means octal, as in unix_socket_permissions = 0770.
  const digits = match[1];
  const number = /^[-+]?0[0-7]+$/.test(digits) ? parseInt(digits, 8) : Number(digits);
  const factor = unitFactor(match[2], unit ?? '');
  return Number.isNaN(number) || factor === undefined ? undefined : number * factor;
}

function unitFactor(given: string, unit: string): number | undefined {
  if (given === '') return 1;
  const match = /^(\d*)(\w+)$/.exec(unit);
  if (!match) return undefined;
  for (const units of [BYTES, MILLISECONDS]) {
    if (given in units && match[2] in units) return units[given] / (Number(match[1] || 1) * units[match[2]]);
  }
  return undefined;
}

/** A number of a setting's own unit the way people write it: 65536 of 8kB is 524288kB. */
export function formatNumber(number: number, unit?: string | null): string {
  const match = /^(\d*)(\w+)$/.exec(unit ?? '');
  return match ? `${number * Number(match[1] || 1)}${match[2]}` : String(number);
}

/** Whether two values of a setting mean the same to the server: `on` and `true`, `1GB` and `1024MB`. */
export function sameValue(setting: Setting | undefined, a: string | null, b: string | null): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  switch (setting?.vartype) {
    case 'bool':
      return parseBoolean(a) !== undefined && parseBoolean(a) === parseBoolean(b);
    case 'integer':
    case 'real': {
      const [x, y] = [parseNumber(a, setting.unit), parseNumber(b, setting.unit)];
      // Integers are rounded by the server: 0.5kB of a kB setting is no other value than 1kB or 0.
      return (
        x !== undefined && y !== undefined && (setting.vartype === 'real' ? x === y : Math.round(x) === Math.round(y))
      );
    }
    case 'enum':
      return a.toLowerCase() === b.toLowerCase();
    default:
      return false;
  }
}

/** What to write instead of a value the target does not take; `value` absent: nothing of the kind, the default applies. */
export interface Repair {
  value?: string;
  reason: string;
}

/**
 * Fits a value to what the target takes, by the target's own description of the setting.
 * @param old the old version's description, where it has the setting.
 * @returns undefined when the value can stay.
 */
export function fitValue(old: Setting | undefined, target: Setting, value: string): Repair | undefined {
  switch (target.vartype) {
    case 'bool':
      return parseBoolean(value) === undefined ? { reason: 'is on or off there' } : undefined;
    case 'integer':
    case 'real':
      return fitNumber(target, value);
    case 'enum':
      return fitEnum(old, target, value);
    default:
      return fitString(old, value);
  }
}

function fitNumber({ unit, minValue, maxValue }: Setting, value: string): Repair | undefined {
  const number = parseNumber(value, unit);
  if (number === undefined) return { reason: 'is a number there' };
  const [least, most] = [Number(minValue ?? -Infinity), Number(maxValue ?? Infinity)];
  if (number < least) return { value: formatNumber(least, unit), reason: `${value} is below the least value there` };
  if (number > most) return { value: formatNumber(most, unit), reason: `${value} is above the greatest value there` };
  return undefined;
}

function fitEnum(old: Setting | undefined, target: Setting, value: string): Repair | undefined {
  const among = (values: string[] | null | undefined) => values?.some((v) => v.toLowerCase() === value.toLowerCase());
  // enumvals leaves out synonyms that the server takes all the same (huge_pages = true): only a value that the old
  // version lists and the target does not is known to be gone.
  if (among(target.enumValues) || !among(old?.enumValues)) return undefined;
  return { reason: `'${value}' is none of its values there (${target.enumValues?.join(', ')})` };
}

function fitString(old: Setting | undefined, value: string): Repair | undefined {
  if (old?.vartype !== 'bool') return undefined;
  // log_connections became a list in 18, which takes on, off, true, false, yes, no, 1, 0, and not `t` or `tr`.
  const meant = parseBoolean(value) ? 'on' : 'off';
  return value.toLowerCase() === meant
    ? undefined
    : { value: meant, reason: 'no longer a boolean there; on and off are still taken' };
}

/** The items of a comma-separated list such as shared_preload_libraries. */
export function parseList(value: string): string[] {
  return [...value.matchAll(/\s*("(?:[^"]|"")*"|[^,]*)\s*(?:,|$)/g)]
    .map((match) => match[1].trim())
    .filter((item) => item !== '');
}

// '$libdir/citus', "citus" and citus.so all load the same library.
const library = (item: string) =>
  item
    .replace(/^"(.*)"$/, '$1')
    .replace(/^\$libdir\//, '')
    .replace(/\.so$/, '');

/** Puts lists of libraries together: all of `kept` in its order, then what `added` brings. citus always goes first. */
export function mergeLibraries(kept: string, added: string): string {
  const merged = parseList(kept);
  for (const item of parseList(added)) {
    if (!merged.some((other) => library(other) === library(item))) merged.push(item);
  }
  const first = merged.filter((item) => library(item) === 'citus');
  return [...first, ...merged.filter((item) => library(item) !== 'citus')].join(', ');
}
