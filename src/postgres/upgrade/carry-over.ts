import type { Cluster } from '../cluster';
import { databases, identifier, literal, qualified, withSql } from '../connection';

/** What pg_upgrade loses without a word and can be put back (pg-upgrade.md). Read before the stop, kept with the phase. */
export interface Forgotten {
  /** `ALTER ROLE ALL SET`: pg_dumpall leaves it out in every version. */
  settingsForAllRoles: { name: string; value: string }[];
  /** `DISABLE TRIGGER ALL`: the internal foreign-key triggers come back enabled. */
  disabledForeignKeyTriggers: { database: string; schema: string; table: string; constraint: string; fn: string }[];
  /** Physical replication slots, which no version carries over. Absent in phases of before they were read. */
  physicalSlots?: string[];
}

/** Reads what has to be put back after the upgrade. */
export async function readForgotten(cluster: Cluster): Promise<Forgotten> {
  const settingsForAllRoles = await withSql(cluster, {}, (sql) =>
    sql.query<{ name: string; value: string }>(
      `select split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as value
       from pg_db_role_setting, unnest(setconfig) c where setdatabase = 0 and setrole = 0`,
    ),
  );
  const disabledForeignKeyTriggers: Forgotten['disabledForeignKeyTriggers'] = [];
  for (const database of await databases(cluster)) {
    const rows = await withSql(cluster, { database }, (sql) =>
      sql.query<{ schema: string; table: string; constraint: string; fn: string }>(DISABLED),
    );
    disabledForeignKeyTriggers.push(...rows.map((row) => ({ database, ...row })));
  }
  return { settingsForAllRoles, disabledForeignKeyTriggers, physicalSlots: await physicalSlots(cluster) };
}

/** Those of others: pgpassage's own keep WAL for a backup or a rebuild and are not carried on. */
function physicalSlots(cluster: Cluster): Promise<string[]> {
  return withSql(cluster, {}, async (sql) => {
    const rows = await sql.query<{ slot: string }>(
      `select slot_name::text as slot from pg_replication_slots
        where slot_type = 'physical' and not temporary and slot_name not like 'pgpassage\\_%' order by 1`,
    );
    return rows.map(({ slot }) => slot);
  });
}

// Trigger names hold an OID that the upgrade changes; constraint, table and trigger function do not.
const TRIGGERS = `
  select t.tgname as trigger, n.nspname as schema, c.relname as table, k.conname as constraint, t.tgfoid::regproc::text as fn, t.tgenabled
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
  join pg_constraint k on k.oid = t.tgconstraint where t.tgisinternal`;
const DISABLED = `select schema, "table", "constraint", fn from (${TRIGGERS}) x where tgenabled = 'D' order by 1, 2, 3, 4`;

/** Puts back what pg_upgrade forgot; doing it again changes nothing. @returns how many things were put back. */
export async function putBackForgotten(cluster: Cluster, forgotten: Forgotten): Promise<number> {
  await withSql(cluster, {}, async (sql) => {
    for (const { name, value } of forgotten.settingsForAllRoles) {
      await sql.query(`alter role all set ${setting(name)} to ${settingValue(name, value)}`);
    }
  });
  for (const { database, schema, table, constraint, fn } of forgotten.disabledForeignKeyTriggers) {
    await withSql(cluster, { database }, async (sql) => {
      const found = await sql.query<{ trigger: string }>(
        `select trigger from (${TRIGGERS}) x where schema = $1 and "table" = $2 and "constraint" = $3 and fn = $4`,
        [schema, table, constraint, fn],
      );
      for (const { trigger } of found)
        await sql.query(`alter table ${qualified(schema, table)} disable trigger ${identifier(trigger)}`);
    });
  }
  const slots = forgotten.physicalSlots ?? [];
  await withSql(cluster, {}, (sql) => sql.query(CREATE_SLOTS, [slots]));
  return forgotten.settingsForAllRoles.length + forgotten.disabledForeignKeyTriggers.length + slots.length;
}

// They keep no WAL before somebody streams by them: one that nobody uses any more does not fill the disk.
const CREATE_SLOTS = `
  select pg_create_physical_replication_slot(name) from unnest($1::text[]) name
   where not exists (select from pg_replication_slots where slot_name = name)`;

/** A setting's name, quoted; the parts of a custom one each by themselves. */
function setting(name: string): string {
  return name.split('.').map(identifier).join('.');
}

/** Settings that hold a list of names are stored as the list's text and must not be quoted as one name (pg_dump: variable_is_guc_list_quote). */
const LISTS = [
  'search_path',
  'local_preload_libraries',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
  'createrole_self_grant',
];

function settingValue(name: string, value: string): string {
  return LISTS.includes(name.toLowerCase()) ? value : literal(value);
}
