import { type Sql, literal, qualified } from '../connection';
import { FIRST_USER_OID } from './catalog-knowledge';

/** Where a sequence stands. */
export interface SequencePosition {
  last: string;
  called: boolean;
  increment: string;
  cycles: boolean;
}

interface SequenceRow {
  schema: string;
  sequence: string;
  name: string;
  increment: string;
  cycles: boolean;
  [key: string]: unknown;
}

// As many in one statement as keep it short of any limit.
const AT_ONCE = 500;

/** Reads every sequence's position: `schema.sequence` → SequencePosition as JSON. */
export async function readSequences(sql: Sql): Promise<Record<string, string>> {
  const sequences = await sql.query<SequenceRow>(
    `select n.nspname as schema, c.relname as sequence, format('%I.%I', n.nspname, c.relname) as name,
       s.seqincrement::text as increment, s.seqcycle as cycles
     from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
     where c.oid >= ${FIRST_USER_OID} and c.relpersistence <> 't' order by n.nspname, c.relname`,
  );
  const positions: Record<string, string> = {};
  for (let start = 0; start < sequences.length; start += AT_ONCE) {
    const some = sequences.slice(start, start + AT_ONCE);
    const found = new Map((await positionsOf(sql, some)).map((row) => [row.name, row]));
    for (const { name, increment, cycles } of some) {
      const row = found.get(name);
      if (!row) throw new Error(`Sequence ${name} of database ${sql.database} could not be read.`);
      const position: SequencePosition = { last: row.last, called: row.called, increment, cycles };
      positions[name] = JSON.stringify(position);
    }
  }
  return positions;
}

function positionsOf(sql: Sql, sequences: SequenceRow[]): Promise<{ name: string; last: string; called: boolean }[]> {
  return sql.query(
    sequences
      .map(
        ({ schema, sequence, name }) =>
          `select ${literal(name)} as name, last_value::text as last, is_called as called from ${qualified(schema, sequence)}`,
      )
      .join(' union all '),
  );
}
