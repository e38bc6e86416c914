/** How one PostgreSQL describes one of its settings: a row of pg_settings. */
export interface Setting {
  name: string;
  vartype: 'bool' | 'enum' | 'integer' | 'real' | 'string';
  /** The unit of plain numbers, such as `8kB` or `ms`. */
  unit: string | null;
  /** When it can be changed; `internal` ones are no one's to set. */
  context: string;
  /** The built-in default. */
  bootValue: string | null;
  minValue: string | null;
  maxValue: string | null;
  enumValues: string[] | null;
}

/** The columns of pg_settings under the names above; the cast gives the same JSON from a driver and from a file. */
export const SETTING_COLUMNS = `name, vartype, unit, context, boot_val as "bootValue", min_val as "minValue",
  max_val as "maxValue", enumvals as "enumValues"`;

/** Settings by their name in lower case. */
export function byName(settings: readonly Setting[]): Map<string, Setting> {
  return new Map(settings.map((setting) => [setting.name.toLowerCase(), setting]));
}

/** Whether a name is a library's own setting (`auto_explain.log_min_duration`): such names are taken unseen. */
export const isCustom = (name: string): boolean => name.includes('.');
