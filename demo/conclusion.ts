import { writeFileSync } from 'node:fs';
import type { Client } from 'pg';
import { MAIN_DATABASE } from '../sandbox/seed/seed';
import type { WriteCheck } from '../sandbox/writers';
import type { Progress } from '../src/migration/progress';
import { seenOutages } from './outages';
import type { Stage } from './stage';
import { summarize, type Seen, type Summary } from './summary';

/** What the demo came to. */
export interface Conclusion {
  seen: Seen;
  summary: Summary;
}

/** Ends the writers, looks for every row that was acknowledged to them, and puts the result together. */
export async function conclude(
  { server, writers }: Stage,
  progress: Progress | undefined,
  remark: (line: string) => void,
): Promise<Conclusion> {
  await writers.stop();
  const seen: Seen = {
    outages: seenOutages(writers.outages(), progress?.phases ?? []),
    acknowledged: writers.status().acknowledged,
    check: await check(() => server.connect(MAIN_DATABASE), writers.verify).catch((error: Error) => {
      remark(`The written rows can't be looked for: ${error.message}`);
      return undefined;
    }),
  };
  return { seen, summary: summarize(progress, seen) };
}

async function check(
  connect: () => Promise<Client>,
  verify: (client: Client) => Promise<WriteCheck>,
): Promise<WriteCheck> {
  const client = await connect();
  try {
    return await verify(client);
  } finally {
    await client.end();
  }
}

/** Writes the result for programs. */
export function writeSummary(file: string, summary: Summary): void {
  writeFileSync(file, `${JSON.stringify(summary, null, 2)}\n`);
}
