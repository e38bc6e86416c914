import { BOOTSTRAP } from './kinds';

/**
 * All that is written down by hand about system catalogs. Everything else (which catalogs there are, their columns, what
 * refers to what) is read from the server, so what is missing here is compared and not overlooked.
 */

/** The first OID that initdb does not give out. */
export const FIRST_USER_OID = 16384;
/** The only object of initdb's that people own, grant on and drop as if it were theirs. */
export const PUBLIC_SCHEMA_OID = 2200;

/** Catalogs that are not compared row by row, and why. */
export const CATALOGS_LEFT_OUT: Record<string, string> = {
  pg_statistic: 'made anew by ANALYZE',
  pg_statistic_ext_data: 'made anew by ANALYZE',
  pg_largeobject: 'data: compared by count and checksum',
  pg_depend: 'follows from the definitions; membership and ownership are read from it, see dependencies.ts',
  pg_shdepend: 'follows from owners, privileges and policies',
};

/**
 * Columns that say where and in which state rows lie on disk, that repeat what another column says, or that PostgreSQL
 * itself goes by nowhere, such as how many dimensions an array was declared with.
 */
export const COLUMNS_LEFT_OUT: Record<string, string[]> = {
  pg_attribute: ['attnum', 'attndims', 'attcacheoff', 'atthasdef', 'atthasmissing', 'attmissingval', 'attisdropped'],
  pg_class: [
    ...['relfilenode', 'relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'reltoastrelid', 'relrewrite'],
    ...['relfrozenxid', 'relminmxid', 'relnatts', 'relhasindex', 'relhasrules', 'relhastriggers', 'relhassubclass'],
  ],
  pg_database: ['datfrozenxid', 'datminmxid'],
  pg_enum: ['enumsortorder'],
  pg_index: ['indcheckxmin'],
  pg_partitioned_table: ['partdefid'],
  pg_subscription: ['subdbid', 'subenabled', 'subskiplsn'],
  pg_subscription_rel: ['srsublsn'],
  pg_type: ['typndims'],
};

/** Columns that an object's name is made of, where they are not its key. */
export const COLUMNS_IN_NAME: Record<string, string[]> = {
  pg_auth_members: ['roleid', 'member'],
  pg_replication_origin: ['roname', 'subscription'],
};

/** Columns whose values are a set: the order in which they stand follows OIDs or the order of ALTER commands. */
export const isSet = (column: string): boolean =>
  column.endsWith('options') || ['polroles', 'subpublications'].includes(column);

/** What "not set" looks like where one version writes it so and another as NULL or false. */
export const UNSET: Record<string, string> = { attstattarget: '-1', stxstattarget: '-1', substream: 'f' };

/**
 * What is added to a catalog's columns where it has no such column itself: SQL over its row `r`. A name that ends with
 * `_sql` holds text that the server deparses; that is what node trees are compared by, because their own form belongs
 * to one major version.
 */
export const COLUMNS_ADDED: Record<string, Record<string, string>> = {
  pg_attrdef: { default_sql: 'pg_get_expr(r.adbin, r.adrelid)' },
  pg_authid: { [BOOTSTRAP]: `case when r.oid = 10 then 'true' end` },
  pg_attribute: { position: 'rank() over (partition by r.attrelid order by r.attnum)::text' },
  // Before 16 a membership had no such properties of its own: the member's INHERIT decided.
  pg_auth_members: {
    inherit_option: '(select m.rolinherit from pg_authid m where m.oid = r.member)::text',
    set_option: `'true'`,
  },
  pg_class: {
    bound_sql: 'pg_get_expr(r.relpartbound, r.oid)',
    toast_options: '(select t.reloptions::text[] from pg_class t where t.oid = r.reltoastrelid)',
  },
  pg_constraint: { constraint_sql: 'pg_get_constraintdef(r.oid)' },
  pg_enum: { position: 'rank() over (partition by r.enumtypid order by r.enumsortorder)::text' },
  pg_index: { index_sql: 'pg_get_indexdef(r.indexrelid)' },
  pg_partitioned_table: { partition_key_sql: 'pg_get_partkeydef(r.partrelid)' },
  pg_policy: {
    using_sql: 'pg_get_expr(r.polqual, r.polrelid)',
    with_check_sql: 'pg_get_expr(r.polwithcheck, r.polrelid)',
  },
  pg_proc: {
    arguments_sql: 'case when r.proargdefaults is not null then pg_get_function_arguments(r.oid) end',
    body_sql: 'pg_get_function_sqlbody(r.oid)',
  },
  pg_publication_rel: { where_sql: 'pg_get_expr(r.prqual, r.prrelid)' },
  // A subscription's origin is named by the OID of the subscription.
  pg_replication_origin: { subscription: `(select s.subname from pg_subscription s where r.roname = 'pg_' || s.oid)` },
  pg_rewrite: { rule_sql: 'pg_get_ruledef(r.oid)' },
  pg_statistic_ext: { expressions_sql: 'pg_get_statisticsobjdef_expressions(r.oid)' },
  pg_tablespace: { location: 'pg_tablespace_location(r.oid)' },
  pg_trigger: { trigger_sql: 'case when r.tgqual is not null then pg_get_triggerdef(r.oid) end' },
};

/** Whether a property holds text that the server deparsed. */
export const isDeparsed = (property: string): boolean => property.endsWith('_sql');

/** Whose rows are the users' where it is not those with a user's OID (`users`), and which of them (`only`): SQL over `r`. */
export const ROWS: Record<string, { users?: string; only?: string }> = {
  pg_attribute: {
    only: `r.attnum > 0 and not r.attisdropped and not exists (
      select from pg_class c where c.oid = r.attrelid and c.relkind in ('S', 't'))`,
  },
  // 10 is the bootstrap superuser; the other roles below belong to the version.
  pg_authid: { users: `r.oid = 10 or r.oid >= ${FIRST_USER_OID}` },
  pg_auth_members: { users: `r.member = 10 or r.member >= ${FIRST_USER_OID} or r.roleid >= ${FIRST_USER_OID}` },
  pg_database: { users: `r.datname <> 'template0'` },
  pg_collation: { only: `r.collnamespace <> 'pg_catalog'::regnamespace` }, // imported from the operating system
  pg_largeobject_metadata: { users: 'true' },
  pg_namespace: {
    users: `r.oid = ${PUBLIC_SCHEMA_OID} or r.oid >= ${FIRST_USER_OID}`,
    only: `r.nspname !~ '^pg_(toast_)?temp_'`,
  },
  // Without a function it is a name only, which another operator's definition mentions.
  pg_operator: { only: 'r.oprcode <> 0' },
  pg_parameter_acl: { users: 'true' },
  // Those of a subscription's first copy of a table, which end with it.
  pg_replication_origin: { only: `r.roname !~ '^pg_[0-9]+_'` },
  pg_subscription: { only: 'r.subdbid = (select d.oid from pg_database d where d.datname = current_database())' },
  pg_tablespace: { users: 'true' },
};

/** The letter by which acldefault() knows the kind of object, where the catalog has the privilege's owner in a column. */
export const ACL_DEFAULTS: Record<string, string> = {
  pg_attribute: `'{}'::aclitem[]`,
  pg_class: `acldefault(case r.relkind when 'S' then 's' else 'r' end::"char", r.relowner)`,
  pg_database: `acldefault('d', r.datdba)`,
  // A global entry replaces the built-in default, one for a schema adds to it.
  pg_default_acl: `case when r.defaclnamespace = 0
    then acldefault(case r.defaclobjtype when 'S' then 's' else r.defaclobjtype end::"char", r.defaclrole)
    else '{}' end`,
  pg_foreign_data_wrapper: `acldefault('F', r.fdwowner)`,
  pg_foreign_server: `acldefault('S', r.srvowner)`,
  pg_language: `acldefault('l', r.lanowner)`,
  pg_largeobject_metadata: `acldefault('L', r.lomowner)`,
  pg_namespace: `acldefault('n', r.nspowner)`,
  pg_parameter_acl: `acldefault('p', 10)`,
  pg_proc: `acldefault('f', r.proowner)`,
  pg_tablespace: `acldefault('t', r.spcowner)`,
  pg_type: `acldefault('T', r.typowner)`,
};

/** Columns that may hold a password. Their values never leave the server's connection but as a digest. */
export const SECRETS: Record<string, string[]> = {
  pg_authid: ['rolpassword'],
  pg_foreign_server: ['srvoptions'],
  pg_foreign_table: ['ftoptions'],
  pg_subscription: ['subconninfo'],
  pg_user_mapping: ['umoptions'],
};

/** What a person calls rows that PostgreSQL's pg_identify_object() has no word for, or not the same one in every version. */
export const KINDS: Record<string, string> = {
  pg_auth_members: 'role membership',
  pg_db_role_setting: 'setting of a role or database',
  pg_description: 'comment',
  pg_enum: 'enum value',
  pg_inherits: 'inheritance',
  pg_init_privs: 'initial privileges',
  pg_replication_origin: 'replication origin',
  pg_seclabel: 'security label',
  pg_shdescription: 'comment',
  pg_shseclabel: 'security label',
  pg_subscription_rel: 'subscription table',
  pg_transform: 'transform',
  pg_ts_config_map: 'text search mapping',
};
