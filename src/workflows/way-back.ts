import { ApplicationFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import { FAILURE } from '../migration/failures';
import { finalizeInput, rollbackInput } from '../migration/input';
import { lossOf } from '../migration/ledger';
import { phaseName } from '../migration/path';
import { activity } from './parts/activities';
import { invalidInput, parseInput, plainly } from './parts/failures';
import { rollBackPhase } from './parts/roll-back';
import { runTag, underOwnId, type StartedElsewhere } from './parts/identity';

/**
 * Takes a migrated cluster back to `to`, after its migration has ended, from what the phases left on the host. Refuses
 * until the loss is named.
 */
export async function rollbackMigration(raw: unknown): Promise<{ version: number; said: string[] } | StartedElsewhere> {
  const input = parseInput(rollbackInput, raw);
  return (await underOwnId(input.cluster, raw)) ?? plainly(goBack(input));
}

async function goBack(input: z.infer<typeof rollbackInput>): Promise<{ version: number; said: string[] }> {
  const held = await activity('try', 'heldPhases', 'phases that can be taken back', { cluster: input.cluster });
  const back = held.filter(({ record }) => record.from >= input.to).reverse();
  if (back.at(-1)?.record.from !== input.to) {
    const versions = held.map(({ record }) => record.from).join(', ') || 'none';
    throw invalidInput(`to: the host holds no way back to ${input.to}. Versions that it can go back to: ${versions}.`);
  }
  refuseUnnamedLoss(input.accept, lossOf(phaseName(back.at(-1)!.record)));
  const said: string[] = [];
  const note = (text: string) => void said.push(text);
  for (const { directory, record } of back) {
    const phase = { cluster: input.cluster, migration: runTag(), from: record.from, to: record.to, directory };
    await rollBackPhase(phase, { by: input.by, standbys: record.standbys ?? [], note });
  }
  return { version: input.to, said };
}

function refuseUnnamedLoss(accepted: string[], loss: string): void {
  if (accepted.includes(loss)) return;
  throw ApplicationFailure.create({
    type: FAILURE.lossNotAccepted,
    nonRetryable: true,
    message: `Going back loses everything written since the upgrade. To go on, accept the loss by its name: "${loss}". Nothing was touched.`,
  });
}

async function finalize(input: z.infer<typeof finalizeInput>): Promise<{ phase: string; freedBytes: number }[]> {
  const last = (await activity('try', 'heldPhases', 'phases that are held', { cluster: input.cluster })).at(-1);
  const retained = last?.record.retain;
  if (last && retained) {
    const { migration, from, to } = last.record;
    const phase = { cluster: input.cluster, migration, from, to, directory: last.directory };
    // Its old directory is about to go; from then on it would be nothing.
    await activity('try', 'rebuildStandby', `rebuild the retained standby ${retained}`, { phase, standby: retained });
  }
  return activity('insist', 'finalizePhases', 'delete old data and backups', input);
}

/** Deletes old data directories and backups of all completed phases of a cluster: the point of no return. */
export async function finalizeMigration(
  raw: unknown,
): Promise<{ phase: string; freedBytes: number }[] | StartedElsewhere> {
  const input = parseInput(finalizeInput, raw);
  return (await underOwnId(input.cluster, raw)) ?? plainly(finalize(input));
}
