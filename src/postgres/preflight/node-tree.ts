/**
 * What a stored expression or query (`pg_node_tree`) refers to. Since 14 pg_depend has no rows for what initdb made, so
 * the trees are the only place where it stands which system columns and functions a view uses; and they hold OIDs and
 * column numbers, so that an own column that happens to have an old system column's name is no false alarm.
 */
export interface NodeReferences {
  /** Relation OID → numbers of the columns that are read; 0 stands for the whole row. */
  columns: Map<number, Set<number>>;
  functions: Set<number>;
}

// Up to 15 the columns stand in the range table entry itself, from 16 on in an RTEPERMISSIONINFO of their own. In both
// the OID comes first, and no nested node lies between.
const SELECTED = /:relid (\d+) [^{}()]*:selectedCols \(b([ \d]*)\)/g;
const FUNCTION = /:(?:funcid|opfuncid|aggfnoid|winfnoid) (\d+)/g;

/** FirstLowInvalidHeapAttributeNumber of 12 and later: column numbers in bit sets are shifted by it. */
const COLUMN_SHIFT = -7;

/** Reads the text of one tree. */
export function nodeReferences(tree: string): NodeReferences {
  const columns = new Map<number, Set<number>>();
  for (const [, relation, bits] of tree.matchAll(SELECTED)) {
    const numbers = columns.get(Number(relation)) ?? new Set<number>();
    for (const bit of bits.trim().split(' ').filter(Boolean)) numbers.add(Number(bit) + COLUMN_SHIFT);
    columns.set(Number(relation), numbers);
  }
  return { columns, functions: new Set([...tree.matchAll(FUNCTION)].map(([, oid]) => Number(oid))) };
}
