import { RENAMES } from './renames';
import type { Setting } from './setting';
import type { Context } from './translation-context';
import type { SettingChange } from './translation';
import { formatNumber, parseBoolean, sameValue } from './values';

/**
 * Defaults that are not the same in the two servers, of settings that nobody set: read from both, not from a list.
 * @param set names in lower case that the new configuration sets.
 */
export function changedDefaults(context: Context, set: ReadonlySet<string>): SettingChange[] {
  return context.facts.targetSettings.flatMap((target) => {
    const name = target.name.toLowerCase();
    const old = context.oldSetting(name) ?? context.oldSetting(oldName(name));
    if (!old || target.context === 'internal' || set.has(name) || sameDefault(old, target)) return [];
    return [
      {
        name: target.name,
        from: 'default',
        kind: 'default changed' as const,
        before: inWords(old),
        after: inWords(target),
        reason: "not set, so the target's default applies; to keep the old one, give it in the plan's settings",
        // Clients that find the server by its socket would look in the wrong directory.
        ...(name === 'unix_socket_directories' ? { severity: 'warning' as const } : {}),
      },
    ];
  });
}

const oldName = (name: string) => RENAMES.find((rename) => rename.to === name)?.from ?? name;

function sameDefault(old: Setting, target: Setting): boolean {
  const [a, b] = [old.bootValue ?? '', target.bootValue ?? ''];
  // A boolean that became a list (log_connections, 18): nothing is off.
  if (old.vartype === 'bool' && target.vartype === 'string') return parseBoolean(a) === false && b === '';
  return old.unit === target.unit ? sameValue(target, a, b) : inWords(old) === inWords(target);
}

function inWords({ vartype, bootValue, unit }: Setting): string {
  const number = vartype === 'integer' || vartype === 'real' ? Number(bootValue) : NaN;
  // -1 and 0 stand for "computed" or "off" and take no unit.
  return number > 0 ? formatNumber(number, unit) : (bootValue ?? '');
}
