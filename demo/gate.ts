import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { failureOf } from '../src/cli/failure-exit';
import type { GateProgress, PhaseProgress, Progress } from '../src/migration/progress';

/** A phase whose soak is over and which waits for a person. */
export type WaitingPhase = PhaseProgress & { gate: GateProgress };

/** Decides what happens at a gate; called at every look, and does nothing where there is nothing to decide. */
export type Decider = (progress: Progress) => Promise<void>;

/** How long an alarm may stand after the soak before it is taken for lasting. */
const ALARM_PATIENCE_MS = 60_000;

/** The phase that waits to be decided on, if there is one. The last one's gate needs nobody unless an alarm holds it. */
export function waitingPhase(progress: Progress, now: number): WaitingPhase | undefined {
  return progress.phases.find((phase): phase is WaitingPhase => isWaiting(phase, now));
}

function isWaiting({ state, gate }: PhaseProgress, now: number): boolean {
  if (state !== 'soaking' || !gate || gate.decision || gate.lastCheckedAt === undefined) return false;
  return now >= gate.soakEndsAt && (gate.needsApproval || gate.alarms.length > 0);
}

/** Approves what no alarm speaks against; rejects where one goes on. */
export function automatic(handle: WorkflowHandle, say: (line: string) => void): Decider {
  return async (progress) => {
    const phase = waitingPhase(progress, Date.now());
    const message = phase && decision(phase, Date.now());
    if (!message) return;
    const { refused, text } = await send(handle, message);
    if (refused) say(text);
  };
}

/** A message to the migration. */
export interface Message {
  name: 'approve' | 'reject' | 'rollback';
  payload: object;
}

function decision({ name: phase, gate }: WaitingPhase, now: number): Message | undefined {
  const by = 'the demo (--yes)';
  if (gate.alarms.length === 0) return { name: 'approve', payload: { phase, by, evidence: gate.evidence } };
  if (now < gate.soakEndsAt + ALARM_PATIENCE_MS) return undefined;
  const alarms = gate.alarms.map(({ name, detail }) => `${name} (${detail})`).join('; ');
  return { name: 'reject', payload: { phase, by, reason: `alarms stand: ${alarms}` } };
}

/** Sends a message. What is refused changes nothing, and the next look tells what to do then. */
export async function send(handle: WorkflowHandle, message: Message): Promise<{ refused: boolean; text: string }> {
  try {
    const answer = await handle.executeUpdate<string, [object]>(message.name, { args: [message.payload] });
    return { refused: false, text: answer };
  } catch (error) {
    if (!(error instanceof WorkflowUpdateFailedError)) throw error;
    return { refused: true, text: `Refused: ${failureOf(error).message}` };
  }
}
