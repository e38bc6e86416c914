import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Progress } from '../src/migration/progress';
import { send, waitingPhase, type Decider, type Message, type WaitingPhase } from './gate';
import { gateText } from './gate-text';
import { question } from './question';

/** What the person who decides sees, and who they are. */
export interface Asking {
  user: string;
  say(line: string): void;
  /** How long the writers could not write in the phase. */
  outageOf(progress: Progress, phase: string): number | undefined;
}

const LOOK_EVERY_MS = 500;

/** Asks the person at the terminal at every gate. A decision that comes from elsewhere ends the question. */
export function asking(handle: WorkflowHandle, { user, say, outageOf }: Asking): Decider {
  // A rollback is not over at once, and nobody wants to be asked again while it goes on.
  let answered: string | undefined;
  return async (progress) => {
    const phase = waitingPhase(progress, Date.now());
    if (!phase || phase.name === answered) return;
    for (const line of gateText(phase, outageOf(progress, phase.name))) say(line);
    const over = new AbortController();
    try {
      void untilDecided(handle, phase.name, over.signal).then(
        () => over.abort(),
        (error: Error) => over.abort(error),
      );
      const answer = await question(`${choices(phase)} `, over.signal);
      if (answer === undefined) return say('\nDecided elsewhere.');
      const message = await messageFor(answer.toLowerCase(), phase, user);
      if (!message) return;
      const { refused, text } = await send(handle, message);
      say(text);
      if (!refused) answered = phase.name;
    } finally {
      over.abort();
    }
  };
}

function choices({ from, gate }: WaitingPhase): string {
  const approve = gate.alarms.length > 0 ? '[a]pprove and accept the alarms' : '[a]pprove';
  return `${approve}, roll [b]ack to ${from}, or re[j]ect (ends here)?`;
}

async function messageFor(answer: string, phase: WaitingPhase, by: string): Promise<Message | undefined> {
  if (answer === 'a' || answer === 'approve') {
    const acceptAlarms = phase.gate.alarms.map(({ name }) => name);
    return { name: 'approve', payload: { phase: phase.name, by, evidence: phase.gate.evidence, acceptAlarms } };
  }
  if (answer === 'b' || answer === 'rollback') return rollback(phase, by);
  if (answer === 'j' || answer === 'reject') {
    const reason = await question('Why? ');
    return { name: 'reject', payload: { phase: phase.name, by, reason: reason || 'no reason given' } };
  }
  return undefined;
}

/** The loss has to be named by the one who accepts it. */
async function rollback({ from, to, ledger }: WaitingPhase, by: string): Promise<Message | undefined> {
  const loss = ledger?.loss ?? '';
  const typed = await question(`Everything written since ${to} was opened is lost. Type ${loss} to accept that: `);
  return typed === loss ? { name: 'rollback', payload: { by, to: from, accept: [loss] } } : undefined;
}

async function untilDecided(handle: WorkflowHandle, phase: string, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const { outcome, phases } = await handle.query<Progress>('progress');
    const gate = phases.find(({ name }) => name === phase)?.gate;
    if (outcome !== 'running' || gate?.decision) return;
    await sleep(LOOK_EVERY_MS);
  }
}
