import { KINDS } from './catalog-knowledge';
import type { Names } from './catalog-names';
import type { CatalogRow } from './catalog-rows';
import { isPolymorphic } from './catalog-shape';

type Naming = (row: CatalogRow, names: Names) => string;

const text = (row: CatalogRow, column: string): string => String(row.values[column] ?? '');
const of = (row: CatalogRow, column: string, names: Names): string => {
  const target = row.catalog.columns.get(column)?.reference?.target;
  return target === undefined ? text(row, column) : names.of(target, text(row, column));
};

/** Objects whose names are not made of their key alone. In this order: the names of later ones hold those of earlier ones. */
const NAMINGS: Record<string, Naming> = {
  pg_constraint: (row, names) => (isHiddenForeignKey(row) ? hiddenForeignKey(row, names) : String(row.name)),
  pg_trigger: (row, names) =>
    row.values.tgisinternal === 'true'
      ? `${of(row, 'tgfoid', names)} of ${of(row, 'tgconstraint', names)} on ${of(row, 'tgrelid', names)}`
      : String(row.name),
  // An index's columns have names that nobody sees and that CREATE INDEX chooses.
  pg_attribute: (row, names) =>
    row.kind === 'index column' ? `column ${text(row, 'attnum')} of ${of(row, 'attrelid', names)}` : String(row.name),
  pg_auth_members: (row, names) => `${of(row, 'member', names)} in ${of(row, 'roleid', names)}`,
  pg_db_role_setting: settingsOf,
  pg_enum: (row, names) => `${text(row, 'enumlabel')} of ${of(row, 'enumtypid', names)}`,
  pg_inherits: (row, names) => `${of(row, 'inhrelid', names)}, parent ${text(row, 'inhseqno')}`,
  pg_replication_origin: (row) =>
    row.values.subscription ? `of subscription ${text(row, 'subscription')}` : text(row, 'roname'),
  pg_transform: (row, names) => `${of(row, 'trftype', names)} in ${of(row, 'trflang', names)}`,
};

/**
 * Gives every row the kind and name that a person knows it by, and that stays what it is when PostgreSQL makes up its
 * own names anew: those of foreign keys' triggers hold an OID.
 */
export function nameRows(rows: CatalogRow[], names: Names): void {
  for (const catalog of Object.keys(NAMINGS)) {
    for (const row of rows.filter((candidate) => candidate.catalog.name === catalog))
      rename(row, NAMINGS[catalog](row, names), names);
  }
  for (const row of rows) {
    if (isPolymorphic(row.catalog)) describe(row);
    else if (row.name === undefined) rename(row, nameByKey(row, names), names);
  }
}

function rename(row: CatalogRow, name: string, names: Names): void {
  const { catalog, values } = row;
  row.name = name;
  row.kind ??= KINDS[catalog.name] ?? catalog.name;
  if (typeof values.oid === 'string') names.name([catalog.name, values.oid], { kind: row.kind, name });
}

function nameByKey(row: CatalogRow, names: Names): string {
  return row.catalog.key.map((column) => of(row, column, names)).join(', ');
}

/** What a comment or a label is on; the row came with the kind and the name of that. */
function describe(row: CatalogRow): void {
  const provider = row.values.provider ? `, ${text(row, 'provider')}` : '';
  row.name = `on ${row.kind} ${row.name}${provider}`;
  row.kind = KINDS[row.catalog.name] ?? row.catalog.name;
}

function settingsOf(row: CatalogRow, names: Names): string {
  const [role, database] = [text(row, 'setrole'), text(row, 'setdatabase')];
  const inDatabase = names.of('pg_database', database);
  if (role === '0') return database === '0' ? 'ALTER ROLE ALL' : `ALTER DATABASE ${inDatabase}`;
  return `ALTER ROLE ${names.of('pg_authid', role)}${database === '0' ? '' : ` IN DATABASE ${inDatabase}`}`;
}

/** What a foreign key to a partitioned table has for each of its partitions; the names of these are the server's own. */
const isHiddenForeignKey = ({ values }: CatalogRow): boolean => values.contype === 'f' && values.conparentid !== '0';

function hiddenForeignKey(row: CatalogRow, names: Names): string {
  const relation = text(row, 'conrelid');
  const columns = [row.values.conkey ?? []].flat().map((number) => names.column(relation, number));
  return `foreign key ${of(row, 'conrelid', names)} (${columns.join(', ')}) to ${of(row, 'confrelid', names)}`;
}
