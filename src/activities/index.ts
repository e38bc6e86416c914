import type { Clusters } from './clusters';
import { lookActivities } from './look';
import { standbyActivities } from './standbys';
import { rewriteActivities } from './rewrite';
import { ruvectorActivities } from './ruvector';
import { vectorIndexActivities } from './vector-index';
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
    ...ruvectorActivities(clusters),
    ...vectorIndexActivities(clusters),
  };
}

export type Activities = ReturnType<typeof createActivities>;
