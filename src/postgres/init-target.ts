import type { Sql } from './connection';

/** Who decides how strings sort in a database. `builtin` exists from 17 on. */
export type LocaleProvider = 'libc' | 'icu' | 'builtin';

/**
 * What a data directory is made with and can't be changed afterwards. pg_upgrade refuses a target that differs in any of
 * it, or (locale and encoding, 16 and later) overwrites what initdb chose.
 */
export interface ClusterProperties {
  version: number;
  /** Name of the bootstrap superuser (OID 10), which owns the system catalogs; pg_upgrade wants the same in both. */
  superuser: string;
  /** Encoding and locale of `template0`, which pg_upgrade carries over. */
  encoding: string;
  localeProvider: LocaleProvider;
  lcCollate: string;
  lcCtype: string;
  /** ICU's or the builtin provider's locale. */
  locale?: string;
  /** 16 and later. */
  icuRules?: string;
  lcMessages: string;
  lcMonetary: string;
  lcNumeric: string;
  lcTime: string;
  checksums: boolean;
  walSegmentBytes: number;
  /** Options of the build, not of initdb: a target built otherwise can't take the files. */
  blockBytes: number;
  segmentBlocks: number;
  walBlockBytes: number;
  /** Whether the data directory lets its OS group read (mode 0750 instead of 0700). */
  groupAccess: boolean;
}

const PROVIDERS: Record<string, LocaleProvider> = { c: 'libc', i: 'icu', b: 'builtin' };

/** Reads them from a running server. `sql` may be connected to any database of it. */
export async function readClusterProperties(sql: Sql): Promise<ClusterProperties> {
  const settings = await sql.query<{ name: string; setting: string }>('select name, setting from pg_settings');
  const setting = (name: string): string => {
    const row = settings.find((candidate) => candidate.name === name);
    if (!row)
      throw new Error(`The server has no setting ${name}: is ${sql.database} really on PostgreSQL 15 or later?`);
    return row.setting;
  };
  const version = Math.floor(Number(setting('server_version_num')) / 10_000);
  // 16 added daticurules; 17 renamed daticulocale to datlocale. to_jsonb lets one statement serve all.
  const [database] = await sql.query<Record<string, string | null>>(
    `select pg_encoding_to_char(d.encoding) as encoding, d.datlocprovider::text as provider, d.datcollate, d.datctype,
            coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') as locale,
            to_jsonb(d) ->> 'daticurules' as rules,
            (select rolname from pg_authid where oid = 10) as superuser
       from pg_database d where d.datname = 'template0'`,
  );
  if (!database)
    throw new Error(
      'There is no database template0, which pg_upgrade reads encoding and locale from: create it again from template1.',
    );
  return {
    version,
    superuser: String(database.superuser),
    encoding: String(database.encoding),
    localeProvider: PROVIDERS[String(database.provider)],
    lcCollate: String(database.datcollate),
    lcCtype: String(database.datctype),
    locale: database.locale ?? undefined,
    icuRules: database.rules ?? undefined,
    lcMessages: setting('lc_messages'),
    lcMonetary: setting('lc_monetary'),
    lcNumeric: setting('lc_numeric'),
    lcTime: setting('lc_time'),
    checksums: setting('data_checksums') === 'on',
    walSegmentBytes: Number(setting('wal_segment_size')),
    blockBytes: Number(setting('block_size')),
    segmentBlocks: Number(setting('segment_size')),
    walBlockBytes: Number(setting('wal_block_size')),
    groupAccess: setting('data_directory_mode') === '0750',
  };
}

/**
 * initdb's options for a data directory of `targetVersion` that pg_upgrade accepts for the old cluster; the program and
 * `--pgdata` are the caller's.
 *
 * Until the carried-over pg_hba.conf is in place nobody comes in by TCP, and by the Unix socket whoever can enter its
 * directory: pg_upgrade and the scratch server keep theirs in one that only the OS user can enter.
 */
export function initdbArguments(old: ClusterProperties, targetVersion: number): string[] {
  return [
    `--username=${old.superuser}`,
    '--auth-local=trust',
    '--auth-host=reject',
    `--encoding=${old.encoding}`,
    ...localeArguments(old, targetVersion),
    ...checksumArguments(old, targetVersion),
    `--wal-segsize=${old.walSegmentBytes / 1024 / 1024}`,
    ...(old.groupAccess ? ['--allow-group-access'] : []),
  ];
}

function localeArguments(old: ClusterProperties, targetVersion: number): string[] {
  // Without --locale, categories that the old cluster leaves empty would come from the worker's environment.
  const options = ['--locale=C', `--lc-collate=${old.lcCollate}`, `--lc-ctype=${old.lcCtype}`];
  const categories = { messages: old.lcMessages, monetary: old.lcMonetary, numeric: old.lcNumeric, time: old.lcTime };
  for (const [category, value] of Object.entries(categories))
    if (value !== '') options.push(`--lc-${category}=${value}`);
  options.push(`--locale-provider=${old.localeProvider}`);
  if (old.localeProvider === 'icu' && old.locale !== undefined) options.push(`--icu-locale=${old.locale}`);
  if (old.localeProvider === 'icu' && old.icuRules !== undefined && targetVersion >= 16)
    options.push(`--icu-rules=${old.icuRules}`);
  if (old.localeProvider === 'builtin' && old.locale !== undefined) options.push(`--builtin-locale=${old.locale}`);
  return options;
}

function checksumArguments(old: ClusterProperties, targetVersion: number): string[] {
  if (old.checksums) return ['--data-checksums'];
  // 18 turns checksums on by default; 17's initdb knows no --no-data-checksums and would refuse it.
  return targetVersion >= 18 ? ['--no-data-checksums'] : [];
}
