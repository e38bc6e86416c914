import { identifier, type Sql } from '../../postgres/connection';
import type { Finding } from '../../postgres/preflight/check';
import { toArray, type ArrayForms } from '../conversion';
import { MEMBER, type Strategy } from '../extension';
import type { Live } from '../live';
import type { Restoration } from '../restoration';
import { tableName } from '../vector-columns';
import { readStatistics } from '../vector-statistics';
import { blocker, warning } from './findings';

const COSINE = '<=>';

/** Whether the packages have both versions: the one to go to, and the one to come back to. */
export function versionFindings({ extension }: Live, to: string, database: string): Finding[] {
  const { name, version, available } = extension;
  const object = `extension ${name}`;
  const list = available.join(', ') || 'none';
  if (to === version)
    return [
      blocker('extension-version', {
        database,
        object,
        seen: `it is ${to} already.`,
        action: 'There is nothing to upgrade.',
      }),
    ];
  if (!available.includes(to))
    return [
      blocker('extension-version', {
        database,
        object,
        seen: `the server's packages have no version ${to}; they have ${list}.`,
        action: 'Install the packages of that version on this host, or name a version that is there.',
      }),
    ];
  if (available.includes(version)) return [];
  return [
    blocker('way-back', {
      database,
      object,
      seen: `the server's packages can't make version ${version} anew (they have ${list}), so nothing leads back to it.`,
      action: `Install its script ${name}--${version}.sql beside the new one.`,
    }),
  ];
}

/** Looks at every vector once: dimensions, NULLs, zeros. */
export async function vectorFindings(sql: Sql, live: Live, forms: ArrayForms): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const table of live.tables) {
    for (const column of table.columns) {
      const found = await readStatistics(sql, table, column, forms);
      const object = `${tableName(table)}.${identifier(column.name)}`;
      const at = { database: sql.database, object };
      const wanted = found.declared ?? found.shortest;
      if (found.longest !== null && (found.shortest !== wanted || found.longest !== wanted)) {
        findings.push(
          blocker('vector-dimensions', {
            ...at,
            seen: `its type is ${column.type}, and its vectors have ${found.shortest} to ${found.longest} dimensions.`,
            action: 'Mend or delete the vectors of other dimensions: no index can be built over them.',
          }),
        );
      }
      if (found.nulls > 0)
        findings.push(
          warning('null-vectors', {
            ...at,
            seen: `${found.nulls} of ${found.rows} rows have no vector.`,
            action: 'They stay as they are, and no nearest-neighbour search finds them.',
          }),
        );
      const cosine = live.indexes.some((index) => index.tableOid === table.oid && index.operator === COSINE);
      if (found.zeros > 0)
        findings.push(
          warning('zero-vectors', {
            ...at,
            seen: `${found.zeros} vectors are all zeros${cosine ? ', and the column is searched by cosine distance, which is not defined for them' : ''}.`,
            action: 'They stay as they are; what a search says of them may differ between versions.',
          }),
        );
    }
  }
  return findings;
}

/** Whether vectors can be read as arrays at all, on a sample. That each one comes back the same, the rebuild itself checks. */
export async function unreadableFindings(sql: Sql, live: Live, forms: ArrayForms): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const table of live.tables) {
    for (const { name } of table.columns) {
      const object = `${tableName(table)}.${identifier(name)}`;
      await sql
        .query(`select ${toArray(forms, `t.${identifier(name)}`)} from ${tableName(table)} t limit 1000`)
        .catch((error: Error) =>
          findings.push(
            blocker('dependants', {
              database: sql.database,
              object,
              seen: `its vectors can't be read as arrays: ${error.message}.`,
              action: 'Their type is none that the staged rebuild knows: use an update script of the extension.',
            }),
          ),
        );
    }
  }
  return findings;
}

/** Indexes that are there and not used. */
export function invalidIndexFindings({ indexes }: Live, database: string): Finding[] {
  return indexes
    .filter(({ valid }) => !valid)
    .map(({ schema, name }) =>
      blocker('invalid-index', {
        database,
        object: `index ${identifier(schema)}.${identifier(name)}`,
        seen: 'it is INVALID: a concurrent build of it failed or was ended, and no search uses it.',
        action: `DROP INDEX or REINDEX it; or accept "invalid-index", and it will be built anew like the others.`,
      }),
    );
}

/** What the staged rebuild, which is also the way back of an in-place update, does not carry over as it was. */
export function dependantFindings(
  { unsupported, moved }: Restoration,
  strategy: Strategy,
  database: string,
): Finding[] {
  const back = strategy === 'in place' ? ' The update itself would get through, but the way back would not.' : '';
  return [
    ...unsupported.map(({ kind, identity }) =>
      blocker('dependants', {
        database,
        object: `${kind} ${identity}`,
        seen: `it stands on the extension, and is nothing that can be carried over.${back}`,
        action: 'Drop it before the upgrade and make it anew afterwards.',
      }),
    ),
    ...moved.map((object) =>
      (strategy === 'in place' ? warning : blocker)('generated-columns', {
        database,
        object: `generated column ${object}`,
        seen: `it is computed from a vector, so it is dropped and added again${strategy === 'in place' ? ' by a rollback' : ''}, and becomes the last column of its table: PostgreSQL has no other way.`,
        action: 'Look for SELECT * and for INSERT without a list of columns; then accept "generated-columns".',
      }),
    ),
  ];
}

/** Tables that the staged rebuild can't alter, and what of the extension's own would be lost with it. */
export async function extensionFindings(sql: Sql, live: Live, strategy: Strategy): Promise<Finding[]> {
  const { name } = live.extension;
  const at = { database: sql.database };
  const inherited = await sql.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       join pg_namespace n on n.oid = c.relnamespace where not c.relispartition and i.inhrelid = any ($1::oid[])`,
    [live.tables.map(({ oid }) => oid)],
  );
  const owned = await sql.query<{ name: string }>(
    `with ${MEMBER} select c.oid::regclass::text as name from pg_class c join member m on m.classid = 'pg_class'::regclass and m.objid = c.oid
     where c.relkind in ('r', 'p')`,
    [name],
  );
  const privileges = await sql.query<{ name: string }>(
    `with ${MEMBER} select p.oid::regprocedure::text as name from pg_proc p join member m on m.classid = 'pg_proc'::regclass and m.objid = p.oid
       left join pg_init_privs i on i.classoid = m.classid and i.objoid = m.objid and i.objsubid = 0
     where p.proacl is distinct from i.initprivs order by 1`,
    [name],
  );
  if (strategy === 'in place') return [];
  return [
    ...inherited.map((row) =>
      blocker('inherited-tables', {
        ...at,
        object: `table ${row.name}`,
        seen: 'it inherits its vector column.',
        action: 'Take it out of the inheritance (NO INHERIT) before the upgrade, or make it a partition.',
      }),
    ),
    ...owned.map((row) =>
      blocker('extension-tables', {
        ...at,
        object: `table ${row.name}`,
        seen: 'it belongs to the extension, and its rows would go with it.',
        action: 'Use an update script of the extension, or copy the rows away and back.',
      }),
    ),
    ...privileges.map((row) =>
      warning('extension-privileges', {
        ...at,
        object: `function ${row.name}`,
        seen: 'privileges on it were changed, and the extension made anew has its own.',
        action: 'Grant or revoke them again afterwards.',
      }),
    ),
  ];
}
