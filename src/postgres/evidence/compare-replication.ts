import { list } from './describe';
import type { ComparisonCheck, ReplicationEvidence } from './evidence';

/** Compares standbys, slots and subscriptions: pg_upgrade drops or disables all three without a word, in one version or another. */
export function compareReplication(before: ReplicationEvidence, after: ReplicationEvidence): ComparisonCheck[] {
  const streaming = ({ standbys }: ReplicationEvidence): string[] =>
    standbys.filter(({ state }) => state === 'streaming').map(({ name }) => name);
  const slots = ({ slots: all }: ReplicationEvidence): string[] => all.map(({ name, kind }) => `${name} (${kind})`);
  const enabled = ({ subscriptions }: ReplicationEvidence): string[] =>
    subscriptions.filter((subscription) => subscription.enabled).map(({ database, name }) => `${name} of ${database}`);
  return [
    lost('standbys', streaming(before), streaming(after), 'streaming before and not now'),
    lost('replication slots', slots(before), slots(after), 'missing'),
    lost('subscriptions', enabled(before), enabled(after), 'enabled before and not now'),
  ].flat();
}

function lost(kind: string, before: string[], after: string[], word: string): ComparisonCheck[] {
  if (before.length === 0) return [];
  const left = [...after];
  // Standbys may share a name: each one there accounts for one.
  const missing = before.filter((name) => {
    const index = left.indexOf(name);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
  const name = `cluster: ${kind}`;
  if (missing.length > 0)
    return [{ name, outcome: 'failed', detail: `${word}: ${list(missing)} (${before.length} before)` }];
  return [{ name, outcome: 'passed', detail: `${before.length}: ${list(before)}` }];
}
