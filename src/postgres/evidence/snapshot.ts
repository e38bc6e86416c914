import type { Sql } from '../connection';

// Whatever changes how a value is written as text is the same on both sides, wherever else it may be set.
const SETTINGS: Record<string, string> = {
  datestyle: 'ISO, YMD',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  lc_monetary: 'C',
  xmlbinary: 'base64',
  quote_all_identifiers: 'off',
  // An error is better than rows that a policy leaves out.
  row_security: 'off',
  // Compiling costs more than the few expressions here can win.
  jit: 'off',
  lock_timeout: '0',
  transaction_timeout: '0',
};

/** Does `work` in one read-only snapshot of the connected database, with settings under which text compares. */
export async function inSnapshot<T>(sql: Sql, work: () => Promise<T>): Promise<T> {
  await sql.query('begin transaction isolation level repeatable read, read only');
  await sql.query(
    `select set_config(w.name, w.value, true) from unnest($1::text[], $2::text[]) w (name, value)
     where w.name in (select s.name::text from pg_settings s union select lower(s.name) from pg_settings s)`,
    [Object.keys(SETTINGS), Object.values(SETTINGS)],
  );
  const result = await work();
  await sql.query('commit');
  return result;
}
