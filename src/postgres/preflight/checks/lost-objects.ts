import type { Check } from '../check';
import { identity } from './sql';

export const invalidIndexes: Check = {
  name: 'invalid-indexes',
  title: 'No index is invalid: pg_upgrade leaves those behind',
  mechanism: 'catalog: pg_index',
  async run(context) {
    const rows = await context.inUpgradedDatabases((sql) =>
      sql.query<{ object: string; database: string; name: string }>(
        `select ${identity('pg_class', 'i.indexrelid')} as object, current_database() as database, i.indexrelid::regclass::text as name
           from pg_index i join pg_class c on c.oid = i.indexrelid
          -- pg_dump does carry over those of partitioned tables, which are invalid while a partition lacks its own.
          where not i.indisvalid and c.relkind = 'i' and c.relpersistence <> 't' order by 1`,
      ),
    );
    return rows.map(({ object, database, name }) => ({
      ...{ severity: 'warning', effect: 'changes meaning', object, database },
      seen: 'it is invalid, as a CREATE INDEX CONCURRENTLY that failed leaves it; it will not be there after the upgrade',
      action: `REINDEX INDEX CONCURRENTLY ${name}, or drop it.`,
    }));
  },
};

export const disabledForeignKeyTriggers: Check = {
  name: 'disabled-fk-triggers',
  title: 'No foreign key has its triggers disabled: they come back enabled',
  mechanism: 'catalog: pg_trigger',
  async run(context) {
    const rows = await context.inUpgradedDatabases((sql) =>
      sql.query<{ object: string; database: string; name: string; states: string }>(
        `select ${identity('pg_class', 't.tgrelid')} as object, current_database() as database,
                k.conname as name, string_agg(distinct t.tgenabled::text, ', ') as states
           from pg_trigger t join pg_constraint k on k.oid = t.tgconstraint and k.contype = 'f'
          where t.tgisinternal and t.tgenabled <> 'O' group by t.tgrelid, k.conname order by 1, 3`,
      ),
    );
    return rows.map(({ object, database, name, states }) => ({
      ...{ severity: 'warning', effect: 'changes meaning', object, database },
      seen: `triggers of its foreign key ${name} are not in their usual state (${states}, where D is disabled); after the upgrade they are enabled, and rows are checked that are not checked now`,
      action:
        'pgpassage names it again after the phase. ALTER TABLE … DISABLE TRIGGER ALL then, or better: ENABLE TRIGGER ALL now, having made the rows fit.',
    }));
  },
};

export const roleAllSettings: Check = {
  name: 'role-all-settings',
  title: 'Settings for all roles are known: pg_upgrade loses them',
  mechanism: 'catalog: pg_db_role_setting',
  async run(context) {
    const rows = await context.sql(undefined, (sql) =>
      sql.query<{ name: string }>(
        `select split_part(c, '=', 1) as name from pg_db_role_setting cross join unnest(setconfig) c
          where setrole = 0 and setdatabase = 0 order by 1`,
      ),
    );
    return rows.map(({ name }) => ({
      ...{ severity: 'notice', effect: 'none', object: 'role ALL' },
      seen: `${name} is set by ALTER ROLE ALL; pg_dumpall, and with it pg_upgrade, leaves that out in every version`,
      action: 'Nothing has to be done: pgpassage sets it again after the phase.',
    }));
  },
};
