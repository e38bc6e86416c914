/**
 * Settings of every session that pgpassage opens, whatever the server, the database or the admin's role set for theirs:
 * no object of the cluster's users stands in for a system one, nothing is ended or refused halfway, and values are written
 * in the same form before and after. All versions from 15 to 18 know them.
 */
const SETTINGS: Record<string, string> = {
  search_path: 'pg_catalog',
  role: 'none',
  // pg_upgrade itself works with it off: else nothing could be restored where a role or a database has it on.
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
};

/** The settings as libpq's `options` and PGOPTIONS take them; `more` replaces or adds some. */
export function sessionOptions(more: Record<string, string> = {}): string {
  const escape = (value: string) => value.replaceAll(/[\\ ]/g, (character) => `\\${character}`);
  return Object.entries({ ...SETTINGS, ...more })
    .map(([name, value]) => `-c ${name}=${escape(value)}`)
    .join(' ');
}
