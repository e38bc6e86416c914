import type { Addition } from './additions';
import type { Context } from './translation-context';
import type { SettingChange } from './translation';
import { parseNumber } from './values';

type Effective = (name: string) => string | undefined;

/**
 * archive_library together with archive_command. 15 used the library and passed the command over; from 16 on the archiver
 * ends with an error over and over while the server looks healthy, and WAL piles up.
 */
export function archiving({ facts }: Context, effective: Effective): { addition?: Addition; remark?: SettingChange } {
  const both = (effective('archive_library') ?? '') !== '' && (effective('archive_command') ?? '') !== '';
  if (!both || facts.to.version < 16) return {};
  const base = { name: 'archive_command', from: 'archive_library', before: '(set)' };
  if (facts.from.version < 16) {
    const reason = 'archive_library is set too: 15 passed the command over, 16 and later would archive nothing at all';
    return {
      addition: {
        name: 'archive_command',
        value: '',
        change: { ...base, kind: 'changed', after: '', reason, severity: 'warning' },
      },
    };
  }
  const reason =
    'archive_library and archive_command are both set: the archiver archives nothing. Set one of them to the empty string, in the plan if need be';
  return { remark: { ...base, kind: 'kept', reason, severity: 'blocker' } };
}

/** Limits that 18 split off from others: what was allowed before has to stay allowed. Source: release notes of 18. */
export function slotsOf18({ facts, winners }: Context, effective: Effective): Addition[] {
  if (facts.from.version >= 18 || facts.to.version < 18) return [];
  const split = [
    {
      name: 'autovacuum_worker_slots',
      follows: 'autovacuum_max_workers',
      reason: 'autovacuum_max_workers is limited by it from 18 on',
    },
    {
      name: 'max_active_replication_origins',
      follows: 'max_replication_slots',
      reason: 'max_replication_slots no longer counts for replication origins from 18 on',
    },
  ];
  return split.flatMap(({ name, follows, reason }) => {
    const byDefault = Number(facts.targetSettings.find((setting) => setting.name === name)?.bootValue ?? Infinity);
    const wanted = parseNumber(effective(follows) ?? '') ?? 0;
    if (winners.has(name) || effective(name) !== undefined || wanted <= byDefault) return [];
    const after = String(wanted);
    return [{ name, value: after, change: { name, from: follows, kind: 'added' as const, after, reason } }];
  });
}
