import type { PhaseProgress } from '../migration/progress';
import type { Block } from './document';

/** Every setting that the new version gets otherwise than the old one has it, and why. */
export function configurationTable(changes: PhaseProgress['configurationChanges']): Block {
  return {
    kind: 'table',
    caption: 'Settings that are not carried over as they were',
    columns: ['setting', 'change', 'before', 'after', 'why'],
    rows: changes.map(({ name, kind, before, after, reason }) => [name, kind, before ?? '', after ?? '', reason]),
  };
}
