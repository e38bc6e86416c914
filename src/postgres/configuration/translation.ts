/** One setting of the old configuration on its way to the new one. */
export interface SettingChange {
  name: string;
  /** File and line it stood in. */
  from: string;
  kind: 'kept' | 'renamed' | 'removed' | 'added' | 'changed' | 'default changed' | 'held off';
  before?: string;
  after?: string;
  /** Why, for the report. */
  reason: string;
  /** `blocker`: the phase must not start like this. `warning`: a person should know. Absent: for the record. */
  severity?: 'blocker' | 'warning';
}

/** How the bytes of a text file are to be read: Latin-1 stands for every file that is not valid UTF-8. */
export type TextEncoding = 'utf8' | 'latin1';

/** A file that is copied on the host as it is, without passing through the worker: keys, certificates, scripts. */
export interface FileCopy {
  from: string;
  to: string;
  /** Octal permissions, such as `0600`. */
  mode: string;
}

/** The new version's configuration files, and what was changed on the way, setting by setting. */
export interface TranslatedConfiguration {
  /**
   * File name relative to the configuration directory → content. postgresql.conf, postgresql.auto.conf, pg_hba.conf,
   * pg_ident.conf, included files. A name that begins with `/` is a file outside of the configuration directory, such
   * as the data directory's postgresql.auto.conf where the two are split.
   */
  files: Record<string, string>;
  changes: SettingChange[];
  /** Permissions and encoding of each of `files`. */
  attributes: Record<string, { mode: string; encoding: TextEncoding }>;
  /** Files to copy on the host. */
  copies: FileCopy[];
  /** Absolute paths of directories that have to exist, such as included ones. */
  directories: string[];
  /** The value that each setting of the files should have in force. Not redacted: for verification, never for a report. */
  expected: Record<string, string>;
}
