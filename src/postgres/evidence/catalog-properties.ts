import { aclDelta } from './acl';
import { COLUMNS_IN_NAME, COLUMNS_LEFT_OUT, SECRETS, UNSET, isSet } from './catalog-knowledge';
import type { Names } from './catalog-names';
import { type CatalogRow, defaultOf } from './catalog-rows';
import type { Catalog } from './catalog-shape';
import { digest, digestOption, shortDigest } from './secrets';

/** What is said of an object, column by column, in words that hold in every version. */
export type Properties = Record<string, string | string[]>;

// What a column holds when there is nothing to say. Left out, which makes the evidence a third of its size.
const NOTHING = new Set(['', ' ', '0', '-', 'false', '\\x']);

const SECRET_OPTION = /pass|secret|token|key|credential/i;
// Applications keep keys of theirs in settings with a dot in the name.
const SECRET_SETTING = /[.].*(pass|secret|token|key|credential)/i;

/** Turns a row's columns into properties: OIDs into names, privileges into what differs from the default, secrets into digests. */
export function propertiesOf(row: CatalogRow, names: Names): Properties {
  const { catalog, values } = row;
  if (Array.isArray(values.setconfig)) return settings(values.setconfig);
  const properties: Properties = {};
  for (const column of comparedColumns(catalog, values)) {
    const value = values[column];
    if (value === null || value === UNSET[column] || (typeof value === 'string' && NOTHING.has(value))) continue;
    const said = say(row, column, value, names);
    if (said.length > 0) properties[column] = Array.isArray(said) && isSet(column) ? said.sort() : said;
  }
  return properties;
}

const columnsOfCatalogs = new WeakMap<Catalog, string[]>();

/** The columns that are compared, in order. The same for every row of a catalog. */
function comparedColumns(catalog: Catalog, values: CatalogRow['values']): string[] {
  let columns = columnsOfCatalogs.get(catalog);
  if (!columns) {
    const inName = [...catalog.key, ...(COLUMNS_IN_NAME[catalog.name] ?? [])];
    const leftOut = [...inName, ...(COLUMNS_LEFT_OUT[catalog.name] ?? [])];
    const isDefault = (name: string): boolean =>
      [...catalog.columns.keys()].some((column) => defaultOf(column) === name);
    columns = Object.keys(values).filter(
      (name) => !leftOut.includes(name) && !isDefault(name) && !isOwnName(catalog, name),
    );
    columnsOfCatalogs.set(catalog, columns);
  }
  return columns;
}

/** The columns that hold the object's name: it is compared by that already, or it is one that the server makes up. */
const isOwnName = (catalog: Catalog, column: string): boolean =>
  catalog.columns.get(column)?.type === 'name' && column.endsWith('name') && column !== 'subslotname';

function say(
  { catalog, values }: CatalogRow,
  column: string,
  value: string | string[],
  names: Names,
): string | string[] {
  if (SECRETS[catalog.name]?.includes(column)) return concealed(column, value);
  const byDefault = values[defaultOf(column)];
  if (Array.isArray(value) && Array.isArray(byDefault)) return aclDelta(value, byDefault);
  const reference = catalog.columns.get(column)?.reference;
  if (!reference) return value;
  const relation = reference.columns.length > 1 ? String(values[reference.columns[0]]) : undefined;
  const nameOf = (key: string): string =>
    relation === undefined ? names.of(reference.target, key) : names.column(relation, key);
  return Array.isArray(value) ? value.map(nameOf) : nameOf(value);
}

/** Settings one by one, so that a comparison names the one that is lost. */
function settings(entries: string[]): Properties {
  return Object.fromEntries(
    entries.map((entry) => {
      const [name, ...value] = entry.split('=');
      return [name, SECRET_SETTING.test(name) ? shortDigest(value.join('=')) : value.join('=')];
    }),
  );
}

function concealed(column: string, value: string | string[]): string | string[] {
  if (column === 'rolpassword') return digest(String(value));
  if (!Array.isArray(value)) return shortDigest(value);
  return value.map((option) => (isOpenOption(column, option.split('=')[0]) ? option : digestOption(option)));
}

/** Of a user mapping's options only the user is no secret; a server's and a table's are none unless their names say so. */
function isOpenOption(column: string, name: string): boolean {
  return column === 'umoptions' ? name === 'user' : !SECRET_OPTION.test(name);
}
