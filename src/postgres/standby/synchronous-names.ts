/** What `synchronous_standby_names` asks for. */
export interface SynchronousNames {
  /** How many standbys a commit waits for. */
  count: number;
  /** Whether a standby of this name is one of those that are waited for. */
  includes(applicationName: string): boolean;
}

// PostgreSQL's syncrep_gram.y: [FIRST | ANY] count ( names ), or names alone, of which the first one there counts.
const COUNTED = /^(?:(?:first|any)\s+)?(\d+)\s*\((.*)\)$/is;
const NAME = /"((?:[^"]|"")*)"|([^\s,"()]+)/g;

/** Reads the setting; undefined where it is empty and no commit waits. */
export function parseSynchronousNames(setting: string): SynchronousNames | undefined {
  const text = setting.trim();
  if (text === '') return undefined;
  const counted = COUNTED.exec(text);
  const names = [...(counted?.[2] ?? text).matchAll(NAME)].map(([, quoted, plain]) =>
    (quoted?.replaceAll('""', '"') ?? plain).toLowerCase(),
  );
  return {
    count: counted ? Number(counted[1]) : 1,
    includes: (applicationName) => names.includes('*') || names.includes(applicationName.toLowerCase()),
  };
}
