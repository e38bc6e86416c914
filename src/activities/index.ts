import type { Clusters } from './clusters';
import { lookActivities } from './look';
import { standbyActivities } from './standbys';
import { rewriteActivities } from './rewrite';
import { undoActivities } from './undo';
import { upgradeActivities } from './upgrade';

/** Every activity of pgpassage. Workflows import the type only. */
export function createActivities(clusters: Clusters) {
  return {
    ...lookActivities(clusters),
    ...upgradeActivities(clusters),
    ...standbyActivities(clusters),
    ...undoActivities(clusters),
    ...rewriteActivities(clusters),
  };
}

export type Activities = ReturnType<typeof createActivities>;
