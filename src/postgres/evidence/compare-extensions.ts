import { list } from './describe';
import type { ComparisonCheck, DatabaseEvidence } from './evidence';

/** Extensions whose version is not what it was, in this database. */
export function updatedExtensions(before: DatabaseEvidence, after: DatabaseEvidence): string[] {
  return Object.keys(before.extensions).filter(
    (name) => after.extensions[name] !== undefined && after.extensions[name] !== before.extensions[name],
  );
}

/** An extension may come to another version, for which somebody has to run ALTER EXTENSION; it may not be missing. */
export function compareExtensions(before: DatabaseEvidence, after: DatabaseEvidence): ComparisonCheck[] {
  const names = Object.keys(before.extensions);
  if (names.length === 0) return [];
  const name = `${before.name}: extension versions`;
  const versions = (extension: string): string =>
    `${extension} ${before.extensions[extension]} → ${after.extensions[extension]}`;
  const missing = names.filter((extension) => after.extensions[extension] === undefined);
  const updated = updatedExtensions(before, after).map(versions);
  if (missing.length > 0) return [{ name, outcome: 'failed', detail: `missing: ${list(missing)}` }];
  const detail =
    updated.length > 0
      ? `updated: ${list(updated)}`
      : names.map((extension) => `${extension} ${before.extensions[extension]}`).join(', ');
  return [{ name, outcome: 'passed', detail: `${detail}` }];
}
