/** Parameters of a libpq connection string by keyword. */
export type Conninfo = Readonly<Record<string, string>>;

const PAIR = /\s*([A-Za-z_]\w*)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\']|\\.)*))\s*/gy;

/**
 * Reads a connection string, in libpq's form of keywords and values or as a URI.
 * @throws Error when it is neither; the message does not repeat it, for it may hold a password.
 */
export function parseConninfo(text: string): Conninfo {
  if (/^postgres(ql)?:\/\//.test(text)) return parseUri(text);
  const pairs: [string, string][] = [];
  let end = 0;
  for (const match of text.matchAll(PAIR)) {
    pairs.push([match[1], (match[2] ?? match[3]).replace(/\\(.)/g, '$1')]);
    end = match.index + match[0].length;
  }
  if (text.slice(end).trim() !== '') throw new Error('the connection string is not of the form keyword=value');
  return Object.fromEntries(pairs);
}

function parseUri(text: string): Conninfo {
  const match = /^postgres(?:ql)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(text);
  if (!match) throw new Error('the connection URI is not of the form postgresql://user@host:port/');
  const [user, password, , dbname] = match.slice(1, 5).map((part) => (part ? decodeURIComponent(part) : undefined));
  const places = (match[3] ?? '')
    .split(',')
    .map((place) => /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(place) ?? ['', '', '']);
  const hosts = places.map(([, host]) => decodeURIComponent(host.replace(/^\[|\]$/g, ''))).join(',');
  const ports = places.map(([, , port]) => port ?? '').join(',');
  const named = { user, password, dbname, host: hosts || undefined, port: /\d/.test(ports) ? ports : undefined };
  const given = Object.entries(named).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { ...Object.fromEntries(given), ...Object.fromEntries(new URLSearchParams(match[5] ?? '')) };
}

/** The connection string of keywords and quoted values. */
export function printConninfo(conninfo: Conninfo): string {
  return Object.entries(conninfo)
    .map(([keyword, value]) => `${keyword}='${value.replace(/[\\']/g, '\\$&')}'`)
    .join(' ');
}

/** The name that the primary shows a rebuild's connections by. */
export const REBUILD_NAME = 'pgpassage-rebuild';

/** What pg_basebackup is given in place of a standby's own `primary_conninfo`, and the password for its password file. */
export function forBaseBackup(primaryConninfo: string): { conninfo: string; password?: string } {
  const { password, ...rest } = parseConninfo(primaryConninfo);
  // Under the standby's name the backup's own connection would pass for the standby, in synchronous replication too.
  return { conninfo: printConninfo({ ...rest, application_name: REBUILD_NAME }), password };
}
