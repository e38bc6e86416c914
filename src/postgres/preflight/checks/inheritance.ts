import type { Check } from '../check';
import { identity } from './sql';

const PAIRS = `
    from pg_inherits h
    join pg_attribute p on p.attrelid = h.inhparent and p.attnum > 0 and not p.attisdropped
    join pg_attribute c on c.attrelid = h.inhrelid and c.attname = p.attname and not c.attisdropped
   where h.inhrelid >= 16384`;

export const inheritanceColumns: Check = {
  name: 'inheritance-columns',
  title: 'Columns of children agree with their parents on NOT NULL and on being generated',
  mechanism: 'catalog: pg_inherits, pg_attribute',
  async run(context) {
    const rows = await context.inUpgradedDatabases((sql) =>
      sql.query<{
        object: string;
        parent: string;
        database: string;
        attname: string;
        nullable: boolean;
        generated: boolean;
      }>(
        `select ${identity('pg_class', 'c.attrelid', 'c.attnum')} as object, h.inhparent::regclass::text as parent,
                current_database() as database, c.attname, p.attnotnull and not c.attnotnull as nullable,
                (p.attgenerated <> '') <> (c.attgenerated <> '') as generated
         ${PAIRS} and (p.attnotnull and not c.attnotnull or (p.attgenerated <> '') <> (c.attgenerated <> '')) order by 1`,
      ),
    );
    return rows.map(({ object, parent, database, attname, nullable, generated }) => ({
      ...{ severity: 'blocker', effect: 'ends the upgrade', object, database, version: context.to.version },
      seen: [
        ...(nullable ? [`it may be null, and in its parent ${parent} it may not`] : []),
        ...(generated ? [`of it and its parent's column in ${parent} only one is generated`] : []),
      ].join('; '),
      action: nullable
        ? `ALTER TABLE … ALTER COLUMN "${attname}" SET NOT NULL on the child, after filling what is null.`
        : `Make both generated, or neither (ALTER TABLE … ALTER COLUMN "${attname}" DROP EXPRESSION).`,
    }));
  },
};

export const unloggedPartitionedTables: Check = {
  name: 'unlogged-partitioned-tables',
  title: 'No partitioned table is unlogged, which has no meaning from 18 on',
  mechanism: 'catalog: pg_class',
  async run(context) {
    const rows = await context.inUpgradedDatabases((sql) =>
      sql.query<{ object: string; database: string }>(
        `select ${identity('pg_class', 'c.oid')} as object, current_database() as database
           from pg_class c where c.relkind = 'p' and c.relpersistence = 'u' order by 1`,
      ),
    );
    return rows.map(({ object, database }) => ({
      ...{
        severity: context.to.version >= 18 ? 'warning' : 'notice',
        effect: 'changes meaning',
        object,
        database,
        version: 18,
      },
      seen: 'an unlogged partitioned table: 18 makes it a permanent one without a word; its partitions stay as they are, new ones are logged',
      action: 'Create new partitions as UNLOGGED one by one from then on, if that is what you want.',
    }));
  },
};
