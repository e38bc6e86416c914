import type { Mode } from './input';

/** How one phase can be undone from one moment on. */
export interface LedgerEntry {
  /** From when on this holds. */
  from: string;
  how: string;
  /** What it takes, as an order of magnitude derived from the rehearsal and the size. */
  takes: string;
  /** What would be lost; empty when nothing. */
  loses: string;
}

/** The rollback ledger of a phase: how it is undone at every point, what that loses, and where nothing leads back. */
export interface Ledger {
  phase: string;
  mode: Mode;
  /** The loss an operator has to name to roll back once the new server has served: `writes-since-15-16`. */
  loss: string;
  entries: LedgerEntry[];
  pointOfNoReturn: string;
}

/** Name of the loss that a rollback of the phase means once clients have written to the new server. */
export function lossOf(phase: string): string {
  return `writes-since-${phase}`;
}

/** The standbys of a phase. */
export interface PhaseStandbys {
  names: readonly string[];
  /** The one that is kept stopped at the primary's stop. */
  retain?: string;
}

/** Whether the old data directory stays whole while the new server writes. */
export function keepsOldDirectory(mode: Mode): boolean {
  // link shares the files; swap moves them away. The others make new ones.
  return mode === 'copy' || mode === 'clone' || mode === 'copy-file-range';
}

/** The ledger of one phase in the given mode. Pure: the same plan says the same at the start, at the gate and in the result. */
export function ledger(phase: string, mode: Mode, standbys: PhaseStandbys = { names: [] }): Ledger {
  const [from, to] = phase.split('-');
  const quick = keepsOldDirectory(mode);
  const afterwards = wayBack(from, to, quick, standbys);
  return {
    phase,
    mode,
    loss: lossOf(phase),
    entries: [
      {
        from: 'before the stop',
        how: 'remove the prepared target and let clients in that were held back; the old server was never stopped',
        takes: 'seconds',
        loses: '',
      },
      {
        from: `the stop of ${from}, until ${to} is started`,
        how: outageUndo(mode, from),
        takes: quick || mode === 'link' ? 'seconds: one start' : afterwards.takes,
        loses: '',
      },
      { from: `${to} serves`, ...afterwards, loses: `everything written since ${to} was opened (${lossOf(phase)})` },
    ],
    pointOfNoReturn: 'finalize: it deletes the old data directory and the backup of this phase',
  };
}

function wayBack(
  from: string,
  to: string,
  quick: boolean,
  standbys: PhaseStandbys,
): Pick<LedgerEntry, 'how' | 'takes'> {
  const { retain } = standbys;
  if (quick) {
    const how = `stop ${to}, start ${from} on its untouched data directory (quick)${following(from, standbys)}`;
    return { how, takes: 'seconds: one stop and one start' };
  }
  if (retain) {
    return {
      how:
        `stop ${to}, promote the retained standby ${retain}, which holds what ${from} held at its stop (quick): ${from} then serves ` +
        `at the address of ${retain} and no longer at the primary's; other standbys stay stopped until they are pointed at it`,
      takes: 'seconds: one stop, one start, one promotion; then clients have to be led there',
    };
  }
  return {
    how: `stop ${to}, restore ${from} from the verified base backup and replay the WAL kept since, up to the stop (full)${following(from, standbys)}`,
    takes: 'as long as copying the data directory back',
  };
}

function following(from: string, { names, retain }: PhaseStandbys): string {
  if (names.length === 0) return '';
  const second = retain ? `; ${retain} is a second copy of ${from}, should the host of the primary be lost` : '';
  return `; standbys start ${from} on their own old data directories and follow, or are rebuilt where they can't${second}`;
}

function outageUndo(mode: Mode, from: string): string {
  if (mode === 'link')
    return `put pg_control back and start ${from} again: its files are linked but not yet written to`;
  if (mode === 'swap')
    return `restore ${from} from the verified base backup and the WAL kept since: swap takes the old directory apart`;
  return `start ${from} again on its untouched data directory`;
}
