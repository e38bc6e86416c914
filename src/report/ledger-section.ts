import type { Ledger } from '../migration/ledger';
import { facts, section, type Section } from './document';

/** The rollback ledger: the way back from every point of the phase, what it takes and what it loses. */
export function ledgerSection({ ledger }: { ledger?: Ledger }): Section[] {
  if (!ledger) return [];
  const entries = ledger.entries.map(({ from, how, takes, loses }) => ({
    title: `From ${from}`,
    facts: facts({ how, takes, loses: loses || 'nothing' }),
  }));
  return section('Rollback ledger', [
    { kind: 'entries', entries },
    { kind: 'paragraph', text: `Point of no return: ${ledger.pointOfNoReturn}.` },
    { kind: 'paragraph', text: `Name of the loss, to accept it in a rollback: ${ledger.loss}` },
  ]);
}
