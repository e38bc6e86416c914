/** One point of a migration under one fault. */
export interface Cell {
  /** `in takeBackup (pg_basebackup)`. */
  step: string;
  fault: string;
  /**
   * - `went on`: the migration went on to the next point
   * - `undone`: the phase was undone; the old server serves, and a later attempt went through
   * - `lost`: something did not hold; `why` says what
   */
  outcome: 'went on' | 'undone' | 'lost';
  /** Acknowledged rows that the attempt, this cell's and those beside it, lost. */
  missing: number;
  /** The longest time without an acknowledged row from this fault to the next one, in milliseconds. */
  outageMs: number;
  why?: string;
}

/** The matrix, as `--json` writes it. */
export interface Matrix {
  cells: Cell[];
  summary: { cells: number; survived: number; missing: number };
}

/** Sums the cells up. `missing` counts each attempt's rows once: cells of one attempt share them. */
export function matrixOf(attempts: Cell[][]): Matrix {
  const cells = attempts.flat();
  return {
    cells,
    summary: {
      cells: cells.length,
      survived: cells.filter(({ outcome }) => outcome !== 'lost').length,
      missing: attempts.reduce((sum, [first]) => sum + (first?.missing ?? 0), 0),
    },
  };
}
