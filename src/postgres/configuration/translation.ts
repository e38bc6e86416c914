/** One setting of the old configuration on its way to the new one. */
export interface SettingChange {
  name: string;
  /** File and line it stood in. */
  from: string;
  kind: 'kept' | 'renamed' | 'removed' | 'added' | 'changed' | 'default changed';
  before?: string;
  after?: string;
  /** Why, for the report. */
  reason: string;
}

/** The new version's configuration files, and what was changed on the way, setting by setting. */
export interface TranslatedConfiguration {
  /** File name relative to the configuration directory → content. postgresql.conf, postgresql.auto.conf, pg_hba.conf, pg_ident.conf, included files. */
  files: Record<string, string>;
  changes: SettingChange[];
}
