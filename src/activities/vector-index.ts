import type { VectorIndexRebuildInput } from '../migration/ruvector';
import { withSql } from '../postgres/connection';
import { describe } from '../postgres/upgrade/describe';
import { buildIndex } from '../ruvector/jobs';
import { dropIndex, measurePair, planRebuild, swapBack, swapNames, type RebuildPlan } from '../ruvector/rebuild';
import { tune } from '../ruvector/tune';
import type { Clusters } from './clusters';
import { inTurn } from './look';
import { jobRunner, progress, step } from './step';

/** One rebuild as its activities are told of it. */
export interface RebuildRef {
  cluster: string;
  database: string;
  extension: string;
  /** Identity of the workflow's run; durable jobs carry it. */
  migration: string;
  plan: RebuildPlan;
}

/** The steps of a vector index's rebuild. Each looks at the world first and does only what is left to do. */
export function vectorIndexActivities(clusters: Clusters) {
  return {
    planVectorIndexRebuild: step(async (input: VectorIndexRebuildInput): Promise<RebuildPlan> => {
      const cluster = clusters.get(input.cluster);
      const { version } = await describe(cluster);
      return inTurn(`vectors of ${cluster.name}`, () => planRebuild(cluster, version, input));
    }),

    tuneVectorIndex: step(async ({ ref, sampleRows }: { ref: RebuildRef; sampleRows: number }) =>
      tune(clusters.get(ref.cluster), ref.database, ref.extension, ref.plan, sampleRows, progress),
    ),

    /** Builds the new index beside the old one, under a name of its own. */
    buildVectorIndex: step(async ({ cluster: name, database, migration, plan }: RebuildRef): Promise<void> => {
      const cluster = clusters.get(name);
      const at = { database, postgres: plan.postgres, schema: plan.extensionSchema };
      await buildIndex(cluster, at, plan.index, `${name}.${migration}.vector-index`, jobRunner(cluster));
    }),

    measureVectorIndexes: step(async ({ cluster, database, extension, plan }: RebuildRef) =>
      measurePair(clusters.get(cluster), database, extension, plan),
    ),

    swapVectorIndexes: step(async ({ cluster, database, plan }: RebuildRef): Promise<void> =>
      swapNames(clusters.get(cluster), database, plan),
    ),

    /** Compensation of swapVectorIndexes. */
    swapVectorIndexesBack: step(async ({ cluster, database, plan }: RebuildRef): Promise<void> =>
      swapBack(clusters.get(cluster), database, plan),
    ),

    /** Drops the old index, or (as a compensation of the build) the new one. */
    dropVectorIndex: step(async ({ ref, name }: { ref: RebuildRef; name: string }): Promise<void> =>
      dropIndex(clusters.get(ref.cluster), ref.database, ref.plan.schema, name),
    ),

    analyzeTable: step(async ({ cluster, database, plan }: RebuildRef): Promise<void> => {
      await withSql(clusters.get(cluster), { database }, (sql) => sql.query(`analyze ${plan.table}`));
    }),
  };
}
