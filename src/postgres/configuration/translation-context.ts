import type { Layout } from '../cluster';
import { occurrences, winners, type Occurrence, type OldConfiguration } from './old-configuration';
import { mapPath, type PathMapping } from './paths';
import { renameOf } from './renames';
import { byName, isCustom, type Setting } from './setting';

/** What a translation goes by, besides the old configuration. */
export interface TranslationFacts {
  from: Layout;
  to: Layout;
  /** How the target describes its settings. */
  targetSettings: readonly Setting[];
  /** Names that the target takes although it does not list them, such as `default_with_oids`. */
  unlisted: readonly string[];
  /** Old directories → new ones, see `mappingsOf`. */
  paths: readonly PathMapping[];
}

/** Where a setting goes in the target. */
export interface Destination {
  name: string;
  /** The version that renamed it. */
  renamed?: number;
  /** The target's description; absent for libraries' own and unlisted settings. */
  setting?: Setting;
}

/** The facts in the form that the translation of a line asks for. */
export interface Context {
  facts: TranslationFacts;
  old: OldConfiguration;
  oldSetting(name: string): Setting | undefined;
  /** Where a setting goes, or undefined when the target does not have it. */
  destination(name: string): Destination | undefined;
  /** The occurrence that counts of each setting, by name in lower case. */
  winners: Map<string, Occurrence>;
  /** The new place of a configuration file or of an included directory. */
  place(path: string): string;
}

/**
 * @param carry whether files outside of the old directories are carried into the new configuration directory. They are
 *   left where they are while nothing in them has to change, for others may read them too.
 */
export function contextOf(old: OldConfiguration, facts: TranslationFacts, carry: boolean): Context {
  const [target, oldSettings] = [byName(facts.targetSettings), byName(old.settings)];
  const unlisted = new Set(facts.unlisted.map((name) => name.toLowerCase()));
  const { from, to } = facts;
  return {
    facts,
    old,
    oldSetting: (name) => oldSettings.get(name.toLowerCase()),
    winners: winners(occurrences(old)),
    destination(name) {
      const rename = renameOf(name, from.version, to.version);
      const renamed = rename && target.get(rename.to);
      if (rename && renamed) return { name: rename.to, renamed: rename.version, setting: renamed };
      const setting = target.get(name.toLowerCase());
      return setting || isCustom(name) || unlisted.has(name.toLowerCase()) ? { name, setting } : undefined;
    },
    place(path) {
      const role = old.files.find((file) => file.path === path)?.role;
      if (role === 'main') return `${to.configDirectory}/postgresql.conf`;
      if (role === 'auto') return `${to.dataDirectory}/postgresql.auto.conf`;
      return mapPath(path, facts.paths) ?? (carry ? `${to.configDirectory}/carried${path}` : path);
    },
  };
}
