import { posix } from 'node:path';
import { fileReferences, resolveReference } from './access-file';
import { additionsFor, withAdditions, type Addition } from './additions';
import {
  commentedOut,
  includeKind,
  parseConf,
  printConf,
  withValue,
  type Assignment,
  type ConfLine,
} from './conf-file';
import { changedDefaults } from './defaults';
import { includeTarget, type OldConfiguration, type OldFile } from './old-configuration';
import { mapPath, mapPathsIn } from './paths';
import { translateAccessFile } from './translate-access-file';
import { translateSetting, type TranslatedLine } from './translate-setting';
import { contextOf, type Context, type TranslationFacts } from './translation-context';
import type { SettingChange, TranslatedConfiguration } from './translation';

interface TranslatedFile {
  file: OldFile;
  content: string;
  changes: SettingChange[];
  /** Settings that this file brings into force. */
  inForce?: (readonly [name: string, value: string])[];
}

/**
 * Carries a configuration over to another major version, setting by setting, and says what became of each. Pure: the
 * same input gives the same files, so that doing it again writes nothing new.
 * @param extra the plan's settings; they win over what the old cluster had, libraries to preload are added to it.
 */
export function translateConfiguration(
  old: OldConfiguration,
  facts: TranslationFacts,
  extra: Readonly<Record<string, string>> = {},
): TranslatedConfiguration {
  const inPlace = translateFiles(contextOf(old, facts, false), extra);
  const outside = ({ file: { path, role } }: TranslatedFile) =>
    role !== 'main' && role !== 'auto' && mapPath(path, facts.paths) === undefined;
  const touched = inPlace.files.some(
    (translated) => outside(translated) && translated.content !== translated.file.content,
  );
  if (!touched) return assembled(inPlace, (translated) => !outside(translated));
  return assembled(translateFiles(contextOf(old, facts, true), extra), () => true);
}

interface Translation {
  context: Context;
  files: TranslatedFile[];
  additions: Addition[];
  remarks: SettingChange[];
}

function translateFiles(context: Context, extra: Readonly<Record<string, string>>): Translation {
  const { additions, remarks } = additionsFor(context, extra);
  const files = context.old.files.map((file) => translateFile(context, file, additions));
  const added = additions.map(({ change }) => change);
  const names = [...context.winners.keys()].map((name) => context.destination(name)?.name ?? name);
  const set = new Set([...names, ...additions.map(({ name }) => name)].map((name) => name.toLowerCase()));
  // What was said of a value in the old files does not hold for one that is overridden now.
  const standing = context.old.remarks.filter(
    ({ name, severity }) => severity === 'blocker' || !additions.some((addition) => addition.name === name),
  );
  return { context, files, additions, remarks: [...standing, ...added, ...remarks, ...changedDefaults(context, set)] };
}

function translateFile(context: Context, file: OldFile, additions: readonly Addition[]): TranslatedFile {
  switch (file.role) {
    case 'hba':
    case 'ident':
    case 'names':
      return { file, ...translateAccessFile(context, file) };
    case 'service':
      return { file, content: mapPathsIn(file.content, context.facts.paths), changes: [] };
    default:
      return translateConf(context, file, additions);
  }
}

function translateConf(context: Context, file: OldFile, additions: readonly Addition[]): TranslatedFile {
  const lines = parseConf(file.content).map((line, index) => translateLine(context, file, index + 1, line, additions));
  const content = printConf(lines.map(({ line }) => line));
  const changes = lines.flatMap(({ change }) => (change ? [change] : []));
  const inForce = lines.flatMap((line) => (line.inForce ? [line.inForce] : []));
  const whole = file.role === 'main' ? withAdditions(content, additions, context.facts.to.version) : content;
  return { file, content: whole, changes, inForce };
}

function translateLine(
  context: Context,
  file: OldFile,
  number: number,
  line: ConfLine,
  additions: readonly Addition[],
): TranslatedLine {
  const { assignment } = line;
  if (!assignment) return { line };
  if (includeKind(assignment)) return translateInclude(context, file, number, line, assignment);
  const translated = translateSetting(context, file, number, line, assignment);
  const destination = context.destination(assignment.name)?.name ?? assignment.name;
  const overridden = additions.some(({ name }) => name.toLowerCase() === destination.toLowerCase());
  if (!overridden) return translated;
  // postgresql.auto.conf is read last and would win over the additions in postgresql.conf. The addition is reported.
  if (file.role === 'auto') return { line: commentedOut(line, 'set in postgresql.conf') };
  return { line: translated.line, change: translated.change?.kind === 'kept' ? undefined : translated.change };
}

function translateInclude(
  { place }: Context,
  file: OldFile,
  number: number,
  line: ConfLine,
  assignment: Assignment,
): TranslatedLine {
  const target = place(includeTarget(file.path, assignment));
  const stays = posix.resolve(posix.dirname(place(file.path)), assignment.value) === target;
  const after = stays ? assignment.value : target;
  const change: SettingChange = {
    name: assignment.name,
    from: `${file.path}:${number}`,
    kind: stays ? 'kept' : 'changed',
    before: assignment.value,
    after,
    reason: `reads ${target}`,
  };
  return { line: stays ? line : withValue(line, target), change };
}

function assembled(
  { context, files, additions, remarks }: Translation,
  isWritten: (file: TranslatedFile) => boolean,
): TranslatedConfiguration {
  const { old, facts, place } = context;
  const inForce = files.flatMap((file) => file.inForce ?? []);
  const added = additions.map(({ name, value }) => [name, value] as const);
  const expected = Object.fromEntries([...inForce, ...added]);
  const nothing = { files: {}, attributes: {}, changes: [], copies: [], directories: [] };
  const result: TranslatedConfiguration = { ...nothing, expected };
  for (const translated of files) {
    result.changes.push(...translated.changes);
    if (!isWritten(translated)) continue;
    const name = relativeName(place(translated.file.path), facts.to.configDirectory);
    result.files[name] = translated.content;
    result.attributes[name] = { mode: translated.file.mode, encoding: translated.file.encoding };
  }
  for (const { setting, path, kind, mode } of old.references) {
    const to = mapPath(path, facts.paths);
    if (to === undefined) continue;
    if (kind === 'directory') result.directories.push(to);
    else {
      result.copies.push({ from: path, to, mode: isKey(setting) ? '0600' : mode });
      result.changes.push({ name: setting, from: path, kind: 'kept', after: to, reason: 'the file is copied' });
    }
  }
  result.directories.push(...includedDirectories(context));
  result.changes.push(...remarks);
  return result;
}

// The server refuses a key that others may read.
const isKey = (setting: string) => setting === 'ssl_key_file' || setting === 'krb_server_keyfile';

const relativeName = (path: string, directory: string) =>
  path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : path;

/** Directories of include_dir, which have to be there even when empty. */
function includedDirectories({ old, facts, place }: Context): string[] {
  const named = old.files.flatMap(({ path, role, content }) => {
    if (role === 'hba' || role === 'ident') {
      const references = fileReferences(content, facts.from.version).filter(({ kind }) => kind === 'include_dir');
      return references.map((reference) => resolveReference(path, reference.path));
    }
    if (role === 'names' || role === 'service') return [];
    const assignments = parseConf(content).flatMap(({ assignment }) => (assignment ? [assignment] : []));
    return assignments.filter((a) => includeKind(a) === 'include_dir').map((a) => includeTarget(path, a));
  });
  return named.map(place).filter((directory, index) => directory !== named[index]);
}
