/** One entry of a pg_dump archive's table of contents, as `pg_restore --list --verbose` prints it. */
export interface ArchiveEntry {
  id: number;
  catalogOid: number;
  oid: number;
  /** The rest of the line: kind, schema, name, owner. */
  text: string;
  dependsOn: number[];
  /** The line itself, for `pg_restore --use-list`. */
  line: string;
}

/** Reads a table of contents. The order is the one in which the entries can be restored. */
export function parseArchiveList(list: string): ArchiveEntry[] {
  const entries: ArchiveEntry[] = [];
  for (const line of list.split('\n')) {
    const entry = /^(\d+); (\d+) (\d+) (.*)$/.exec(line);
    if (entry) {
      const [, id, catalogOid, oid, text] = entry;
      entries.push({ id: Number(id), catalogOid: Number(catalogOid), oid: Number(oid), text, dependsOn: [], line });
    }
    const depends = /^;\s+depends on:((?: \d+)*)$/.exec(line);
    if (depends) entries.at(-1)!.dependsOn = depends[1].trim().split(' ').filter(Boolean).map(Number);
  }
  return entries;
}

/** Comments, privileges and labels have no OID of their own; they belong to the entry that they depend on. */
const BELONGS = /^(COMMENT|ACL|SECURITY LABEL) /;

/** The entries of the given objects, with what belongs to them. */
export function entriesOf(
  entries: readonly ArchiveEntry[],
  objects: readonly { catalogOid: number; oid: number }[],
): ArchiveEntry[] {
  const wanted = new Set(objects.map(({ catalogOid, oid }) => `${catalogOid} ${oid}`));
  const own = entries.filter(({ catalogOid, oid }) => wanted.has(`${catalogOid} ${oid}`));
  const ids = new Set(own.map(({ id }) => id));
  const chosen = new Set([
    ...own,
    ...entries.filter(({ text, dependsOn }) => BELONGS.test(text) && dependsOn.some((id) => ids.has(id))),
  ]);
  return entries.filter((entry) => chosen.has(entry));
}
