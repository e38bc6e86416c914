import { createInterface } from 'node:readline/promises';

/** Asks on the terminal. @returns the answer, or undefined when `over` is aborted before there is one. */
export async function question(text: string, over?: AbortSignal): Promise<string | undefined> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // The terminal is in raw mode now, where Ctrl-C is a character like others.
  prompt.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const closed = new Promise<never>((_, reject) =>
      prompt.on('close', () => reject(new Error('The terminal was closed before there was an answer.'))),
    );
    return (
      await Promise.race([over ? prompt.question(text, { signal: over }) : prompt.question(text), closed])
    ).trim();
  } catch (error) {
    if (over?.aborted) return undefined;
    throw error;
  } finally {
    prompt.close();
  }
}
