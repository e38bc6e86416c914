import { cleanupOnExit } from '../sandbox/cleanup';
import { temporaryRoot } from '../sandbox/temporary-root';
import { endDemo } from './ending';
import { keepEvidence } from './evidence';
import { initState } from './state-file';

/** Where a demo has all its files, and how it comes to its end. */
export interface Place {
  directory: string;
  /** Aborted as soon as a signal asks the demo to end. */
  ending: AbortSignal;
  /**
   * Ends all that was started, and removes the directory, or only what is large in it.
   * @returns whether that went well; if not it has been said what is left.
   */
  end(leave: 'nothing' | 'evidence'): Promise<boolean>;
}

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** Makes the directory. From here on signals end everything, remove it, and end this process. */
export async function openPlace(remark: (line: string) => void): Promise<Place> {
  const ending = new AbortController();
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      if (!ending.signal.aborted) remark('\nEnding what the demo has started …');
      ending.abort(new Error('The demo was interrupted.'));
    });
  }
  // Whoever read the output has gone: nobody is left to do this for.
  process.stdout.on('error', () => process.kill(process.pid, 'SIGHUP'));
  const cleanup = cleanupOnExit();
  const root = await temporaryRoot();
  initState(root.path);
  let left: 'nothing' | 'evidence' = 'nothing';
  let ended = false;
  cleanup.add(`the demo in ${root.path}`, async () => {
    await endDemo(root.path);
    if (left === 'evidence') await keepEvidence(root.path);
    else await root.remove();
    ended = true;
  });
  const end = async (leave: 'nothing' | 'evidence'): Promise<boolean> => {
    left = leave;
    await cleanup.run();
    return ended;
  };
  return { directory: root.path, ending: ending.signal, end };
}
