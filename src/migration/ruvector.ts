import { z } from 'zod';
import { clusterInput } from './input';

const database = z.string().min(1, "a database's name");
const extension = z.string().min(1).default('ruvector');
const name = z.string().min(1);

/** Takes the vector extension of one database to another version. */
export const ruvectorUpgradeInput = clusterInput.extend({
  database,
  /** The extension's name in the database. */
  extension,
  /** Version to go to, as `pg_available_extension_versions` has it. */
  to: z.string().min(1, 'a version of the extension, such as 2.0.0'),
  /** Access method of the new indexes, where more than one could stand for the old one. */
  method: name.optional(),
  /** Operator class of the new indexes. Default: the one of the same name, or for the same operator. */
  operatorClass: name.optional(),
  /** Upgrade a copy of the tables first: proves the scripts there and back, and predicts how long reads and writes wait. */
  rehearse: z.boolean().default(true),
  /** Names of checks whose blockers a person has judged and accepts. */
  accept: z.array(z.string()).default([]),
  /** How much of its recall a rebuilt index may lose before the upgrade is taken back. */
  recallLoss: z.number().min(0).max(1).default(0.1),
  /** Whether the conversion waits for the inventory's maintenance window. */
  window: z.enum(['wait', 'ignore']).default('wait'),
});

/** Goes back to the version that an upgrade came from, with nothing lost. */
export const ruvectorRollbackInput = clusterInput.extend({
  database,
  extension,
  by: z.string().min(1, 'say who you are'),
});

/** Builds a vector index anew with other parameters, beside the old one. */
export const vectorIndexRebuildInput = clusterInput.extend({
  database,
  extension,
  /** The index: `schema.name`, quoted where SQL would want it. */
  index: z.string().min(1, 'an index, such as claude_flow.idx_embeddings_vector'),
  /** Connections of each element; the more, the better the recall and the larger the index. */
  m: z.int().min(2).max(100).optional(),
  /** How many candidates are looked at while building. */
  ef_construction: z.int().min(4).max(1000).optional(),
  method: name.optional(),
  operatorClass: name.optional(),
  /** Try settings on a sample first, and wait for the operator to choose one. */
  tune: z.boolean().default(false),
  /** Rows of the sample. */
  sampleRows: z.int().min(100).default(10_000),
});

/** Runs the runbook's checklist, and records who answers for lines that only a person can judge. */
export const ruvectorChecklistInput = clusterInput.extend({
  database,
  extension,
  from: z.string().min(1),
  to: z.string().min(1),
  signOff: z
    .array(z.strictObject({ line: name, by: z.string().min(1, 'say who you are'), note: z.string().min(1, 'say why') }))
    .default([]),
});

export type RuvectorChecklistInput = z.infer<typeof ruvectorChecklistInput>;
export type RuvectorUpgradeInput = z.infer<typeof ruvectorUpgradeInput>;
export type VectorIndexRebuildInput = z.infer<typeof vectorIndexRebuildInput>;
