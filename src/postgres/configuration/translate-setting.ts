import { commentedOut, withName, withNote, withValue, type Assignment, type ConfLine } from './conf-file';
import type { OldFile } from './old-configuration';
import { mapPathsIn } from './paths';
import { shown } from './redact';
import { whyRemoved } from './renames';
import { isCustom, type Setting } from './setting';
import type { Context, Destination } from './translation-context';
import type { SettingChange } from './translation';
import { fitValue, sameValue } from './values';

/** A line as the new file has it, and what to report of it. */
export interface TranslatedLine {
  line: ConfLine;
  change?: SettingChange;
  /** Name and value in the target, where this line is the one that counts. */
  inForce?: readonly [name: string, value: string];
}

/** Translates one `name = value` of a file; `number` is its line, counted from 1. */
export function translateSetting(
  context: Context,
  file: OldFile,
  number: number,
  line: ConfLine,
  assignment: Assignment,
): TranslatedLine {
  const { name, value } = assignment;
  const winner = context.winners.get(name.toLowerCase());
  const counts = winner?.file === file.path && winner.line === number;
  const from = `${file.path}:${number}`;
  const destination = context.destination(name);
  const fitted: Fitted = destination ? fit(context, name, value, destination) : removal(context, name, value);
  const change: SettingChange = {
    name,
    from,
    kind: fitted.kind,
    before: shown(name, value),
    ...(fitted.value === undefined ? {} : { after: shown(name, fitted.value) }),
    reason: counts ? fitted.reason : `${fitted.reason}; overridden by ${winner?.file}:${winner?.line}`,
    ...(counts && fitted.severity ? { severity: fitted.severity } : {}),
  };
  const reported = counts || fitted.kind !== 'kept';
  return {
    line: written(line, assignment, destination, fitted),
    ...(reported ? { change } : {}),
    ...(counts && destination && fitted.value !== undefined ? { inForce: [destination.name, fitted.value] } : {}),
  };
}

interface Fitted {
  kind: SettingChange['kind'];
  /** Absent: the target has to do without it. */
  value?: string;
  reason: string;
  severity?: 'warning';
  /** A note for the file. */
  note?: string;
}

function removal(context: Context, name: string, value: string): Fitted {
  const reason = whyRemoved(name, context.facts.to.version);
  const setting = context.oldSetting(name);
  const matters = !sameValue(setting, value, setting?.bootValue ?? null);
  return { kind: 'removed', reason, note: reason, severity: matters ? 'warning' : undefined };
}

/** The value that the target is given for one setting of the old configuration, and why. */
export function fit(context: Context, name: string, value: string, destination: Destination): Fitted {
  const { setting } = destination;
  const moved = movedValue(context, name, value, setting);
  const repair = setting && fitValue(context.oldSetting(name), setting, moved);
  if (repair) {
    const note = `PostgreSQL ${context.facts.to.version}: ${repair.reason}`;
    if (repair.value === undefined) return { kind: 'removed', reason: note, note, severity: 'warning' };
    const severity = setting.vartype === 'string' ? undefined : 'warning';
    return { kind: 'changed', value: repair.value, reason: note, note, severity };
  }
  if (destination.renamed !== undefined)
    return { kind: 'renamed', value: moved, reason: `${destination.name} since PostgreSQL ${destination.renamed}` };
  if (moved !== value)
    return { kind: 'changed', value: moved, reason: "led from the old version's place or name to the new one's" };
  return { kind: 'kept', value, ...whyKept(context, name, value, setting) };
}

function whyKept(
  context: Context,
  name: string,
  value: string,
  setting?: Setting,
): { reason: string; severity?: 'warning' } {
  const { version } = context.facts.from;
  if (setting?.vartype === 'string' && new RegExp(`(^|[/_-])${version}([/_.-]|$)`).test(value)) {
    return {
      reason: `kept, but it names version ${version}: check that the new server should use the same`,
      severity: 'warning',
    };
  }
  return { reason: isCustom(name) ? "a library's setting, taken as it is" : 'the target takes it as it is' };
}

/** The value with the old version's places in it replaced by the new one's. */
function movedValue({ old, facts, place }: Context, name: string, value: string, setting?: Setting): string {
  switch (name.toLowerCase()) {
    case 'data_directory':
      return facts.to.dataDirectory;
    case 'hba_file':
      return place(old.hbaFile);
    case 'ident_file':
      return place(old.identFile);
    case 'external_pid_file':
      return renumbered(mapPathsIn(value, facts.paths), facts.from.version, facts.to.version);
    case 'cluster_name':
      // Debian's 15/main.
      return value.replace(new RegExp(`^${facts.from.version}(?=/)`), String(facts.to.version));
    default:
      return setting === undefined || setting.vartype === 'string' ? mapPathsIn(value, facts.paths) : value;
  }
}

// Two versions side by side must not write to one pid file: /var/run/postgresql/15-main.pid.
const renumbered = (path: string, from: number, to: number) =>
  path.replace(new RegExp(`(?<=^|[/_-])${from}(?=[/_.-]|$)`, 'g'), String(to));

function written(
  line: ConfLine,
  { name, value }: Assignment,
  destination: Destination | undefined,
  fitted: Fitted,
): ConfLine {
  if (fitted.value === undefined) return commentedOut(line, fitted.note ?? fitted.reason);
  const named = destination && destination.name !== name ? withName(line, destination.name) : line;
  const valued = fitted.value === value ? named : withValue(named, fitted.value);
  return fitted.note === undefined ? valued : withNote(valued, fitted.note);
}
