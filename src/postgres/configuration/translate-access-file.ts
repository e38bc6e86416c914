import { posix } from 'node:path';
import { changedMeanings, fileReferences, resolveReference, withReferences } from './access-file';
import type { OldFile } from './old-configuration';
import type { Context } from './translation-context';
import type { SettingChange } from './translation';

/**
 * Carries pg_hba.conf, pg_ident.conf or a list of names over: unchanged, but for paths into the old directories. Rules
 * that the target reads in another way stay as they are and are reported.
 */
export function translateAccessFile(context: Context, file: OldFile): { content: string; changes: SettingChange[] } {
  const { facts, place } = context;
  const moved = fileReferences(file.content, facts.from.version).flatMap((reference) => {
    const target = place(resolveReference(file.path, reference.path));
    return resolveReference(place(file.path), reference.path) === target ? [] : [{ reference, path: target }];
  });
  const name = posix.basename(file.path);
  const kind = moved.length === 0 ? 'kept' : 'changed';
  const reason = moved.length === 0 ? 'carried over unchanged' : `reads ${moved.map(({ path }) => path).join(', ')}`;
  return {
    content: withReferences(file.content, moved),
    changes: [{ name, from: file.path, kind, reason }, ...readAnew(context, file, name)],
  };
}

function readAnew({ facts: { from, to } }: Context, { role, path, content }: OldFile, name: string): SettingChange[] {
  if (role !== 'hba' && role !== 'ident') return [];
  return changedMeanings(content, role, from.version, to.version).map(({ line, token, reason }) => ({
    ...{ name, from: `${path}:${line}`, kind: 'kept', before: token, after: token },
    ...{ reason, severity: 'warning' },
  }));
}
