import { quote } from './conf-file';
import { shown } from './redact';
import { archiving, slotsOf18 } from './rules';
import { fit } from './translate-setting';
import type { Context } from './translation-context';
import type { SettingChange } from './translation';
import { mergeLibraries, sameValue } from './values';

/** A setting that the new postgresql.conf gets on top of what the old one had. */
export interface Addition {
  name: string;
  value: string;
  change: SettingChange;
}

/** Settings that hold lists of libraries: the plan adds to them and never takes from them. */
const LIBRARY_LISTS = ['shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries'];

/** What is put at the end of postgresql.conf, and what is to report without being put there. */
export function additionsFor(
  context: Context,
  extra: Readonly<Record<string, string>>,
): { additions: Addition[]; remarks: SettingChange[] } {
  const remarks: SettingChange[] = [];
  const additions = [
    ...fixedSettings(context, extra, remarks),
    ...placesOfFiles(context),
    ...planned(context, extra, remarks),
  ];
  const effective = (name: string) =>
    additions.findLast((addition) => addition.name.toLowerCase() === name)?.value ?? context.winners.get(name)?.value;
  additions.push(...slotsOf18(context, effective));
  const archive = archiving(context, effective);
  return {
    additions: archive.addition ? [...additions, archive.addition] : additions,
    remarks: archive.remark ? [...remarks, archive.remark] : remarks,
  };
}

/** The plan's own settings. */
function planned(context: Context, extra: Readonly<Record<string, string>>, remarks: SettingChange[]): Addition[] {
  return Object.entries(extra).flatMap(([given, wanted]) => {
    const destination = context.destination(given);
    if (!destination) {
      const reason = `PostgreSQL ${context.facts.to.version} has no such setting: take it out of the plan's settings`;
      remarks.push({
        name: given,
        from: PLAN,
        kind: 'added',
        after: shown(given, wanted),
        reason,
        severity: 'blocker',
      });
      return [];
    }
    const { name, setting } = destination;
    const fixed = context.old.fixed.find((other) => isSame(other.name, given))?.value;
    const before = fixed ?? context.winners.get(given.toLowerCase())?.value;
    const isList = LIBRARY_LISTS.includes(name.toLowerCase());
    const value = isList ? mergeLibraries(before ?? '', wanted) : wanted;
    if (fixed === undefined && before !== undefined && sameValue(setting, before, value)) return [];
    const reason = isList ? "the plan's libraries, added to those that were there" : 'the plan says so';
    const change: SettingChange =
      before === undefined
        ? { name, from: PLAN, kind: 'added', after: shown(name, value), reason }
        : { name, from: PLAN, kind: 'changed', before: shown(name, before), after: shown(name, value), reason };
    return [{ name, value, change }];
  });
}

const PLAN = "the plan's settings";
const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** Settings of the old server's command line: the new server gets them by file, whatever starts it. */
function fixedSettings(
  context: Context,
  extra: Readonly<Record<string, string>>,
  remarks: SettingChange[],
): Addition[] {
  const others = context.old.fixed.filter(({ name }) => !Object.keys(extra).some((given) => isSame(given, name)));
  return others.flatMap(({ name, value, source }) => {
    const from = `the old server's ${source}`;
    const destination = context.destination(name);
    const fitted = destination && fit(context, name, value, destination);
    if (!destination || fitted?.value === undefined) {
      const reason =
        fitted?.reason ??
        `PostgreSQL ${context.facts.to.version} has no such setting; its ${source} must not have it either`;
      remarks.push({ name, from, kind: 'removed', before: shown(name, value), reason, severity: 'warning' });
      return [];
    }
    const after = shown(name, fitted.value);
    const reason = 'stood in no file: put into one, so that it holds whatever starts the new server';
    const change: SettingChange = { name: destination.name, from, kind: 'added', after, reason };
    return [{ name: destination.name, value: fitted.value, change }];
  });
}

/** Where the server finds its files, as far as the old files do not say it and the defaults are not right. */
function placesOfFiles({ facts: { to }, old, place, winners }: Context): Addition[] {
  const places: [string, string, string][] = [
    ['hba_file', place(old.hbaFile), `${to.dataDirectory}/pg_hba.conf`],
    ['ident_file', place(old.identFile), `${to.dataDirectory}/pg_ident.conf`],
    // Needed where the server is started by its configuration directory.
    ['data_directory', to.dataDirectory, to.configDirectory],
  ];
  return places
    .filter(([name, is, byDefault]) => !winners.has(name) && is !== byDefault)
    .map(([name, value]) => ({
      name,
      value,
      change: { name, from: 'the layout', kind: 'added', after: value, reason: 'the default would lead elsewhere' },
    }));
}

/** The old postgresql.conf's text with the additions in a marked block at its end. */
export function withAdditions(content: string, additions: readonly Addition[], version: number): string {
  if (additions.length === 0) return content;
  const lines = additions.map(
    ({ name, value, change }) => `${name} = ${quote(value)} # ${change.from}: ${change.reason}`,
  );
  const block = [
    `# pgpassage: for PostgreSQL ${version}; these override what stands above`,
    ...lines,
    '# pgpassage: end',
    '',
  ];
  return `${content}${content === '' || content.endsWith('\n') ? '' : '\n'}${block.join('\n')}`;
}
